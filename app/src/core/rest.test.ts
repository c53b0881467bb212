import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { freshFor, view, type Live } from './rest';
import type { Rest } from './types';

const now = Date.parse('2026-11-20T12:00:00Z');
const rest = (state: Rest['state'], over: Partial<Rest> = {}): Rest => ({
  state, since_last_session_h: 100, floor_until: '2026-11-18T12:00:00Z', until: '2026-11-22T12:00:00Z', days_left: 2, blocked_by: [], next_reminder_at: null, ...over,
});
const answer = (state: Rest['state'], age = 0, over: Partial<Rest> = {}): Live => ({ rest: rest(state, over), at: now - age });
const kept = (over: Partial<Rest>, state: Rest['state'] = 'resting'): Live => answer(state, 3_600_000, over);
const memory = kept({ floor_until: '2026-11-21T12:00:00Z' });
const past = kept({ until: '2026-11-19T12:00:00Z' });
const blocked_by = [{ rule: 'RS-05', code: 'rest.RS-05', message: 'Ask a doctor.', until: null }];

describe('a go-ahead', () => {
  const ready = (age = 0): Live => answer('ready', age, { until: '2026-11-19T12:00:00Z' });
  it('is shown from a live answer with an empty outbox', () => expect(view(now, ready(), undefined, 0, false).state).toBe('ready'));
  it('is not shown while something waits', () => expect(view(now, ready(), undefined, 1, false).state).toBe('unknown'));
  it('is not shown offline', () => expect(view(now, ready(), undefined, 0, true).state).toBe('unknown'));
  it('is not shown of an older answer', () => expect(view(now, ready(freshFor + 1), undefined, 0, false).state).toBe('unknown'));
  it('is not shown after the clock was set back', () => expect(view(now, ready(-1), undefined, 0, false).state).toBe('unknown'));
  it('does not follow from a rest that ended in memory', () => expect(view(now, undefined, past, 0, true).state).toBe('unknown'));
  it('does not follow from one in memory', () => expect(view(now, undefined, kept({}, 'ready'), 0, false).state).toBe('early'));
  it('does not follow from a live answer whose rest has ended since', () => expect(view(now, answer('resting', 0, { until: '2026-11-20T11:59:00Z' }), undefined, 0, false).state).toBe('unknown'));
});

describe('rest', () => {
  it('is shown from memory, before its shortest end and after', () => {
    expect(view(now, undefined, memory, 2, true)).toMatchObject({ state: 'resting', until: memory.rest.until, from: '2026-11-16T07:00:00.000Z' });
    expect(view(now, undefined, kept({ floor_until: '2026-11-19T12:00:00Z' }), 0, true).state).toBe('early');
  });
  it('says from memory what else stood in the way, until something waits that may lift it', () => {
    const blocked = kept({ blocked_by }, 'blocked');
    expect(view(now, undefined, blocked, 0, true)).toMatchObject({ state: 'blocked', rest: { blocked_by } });
    const waits = view(now, undefined, blocked, 1, true);
    expect([waits.state, waits.rest]).toEqual(['blocked', undefined]);
  });
  it('is the live answer where there is one', () => expect(view(now, answer('early'), memory, 0, false).state).toBe('early'));
  it('shows what blocks', () => expect(view(now, answer('blocked'), memory, 0, false).state).toBe('blocked'));
});
