import { describe, expect, it } from 'vitest';
import { steps, summary } from './became';
import type { Delivery, Reminder } from './types';

const delivery = (d: Partial<Delivery>): Delivery => ({ device_id: 'phone', notification_id: 'n', transport: 'webpush', state: 'accepted', reason: null, attempts: 1, last_error: null, accepted_at: null, delivered_at: null, opened_at: null, ...d });
const reminder = (r: Partial<Reminder>): Reminder => ({ state: 'sent', due_at: '2026-11-11T19:40:00Z', updated_at: '2026-11-11T22:00:00Z', held_by: null, reason: null, snoozed_until: null, acknowledged_at: null, deliveries: [], ...r }) as Reminder;
const later = Date.parse('2026-11-12T08:00:00Z');

describe('what became of a reminder', () => {
  it.each([
    [reminder({ deliveries: [delivery({ opened_at: 'x' })] }), 'opened'],
    [reminder({ deliveries: [delivery({}), delivery({ delivered_at: 'x' })] }), 'delivered'],
    [reminder({ deliveries: [delivery({}), delivery({ state: 'dead' })] }), 'accepted'],
    [reminder({ deliveries: [delivery({ state: 'dead' }), delivery({ state: 'skipped' })] }), 'failed'],
    [reminder({ state: 'due', deliveries: [delivery({ state: 'pending' })] }), 'waits'],
    [reminder({ state: 'due' }), 'nobody'],
    [reminder({ state: 'held' }), 'held'],
    [reminder({ state: 'acknowledged', deliveries: [delivery({ state: 'skipped' })] }), 'acknowledged'],
  ])('is said in one sentence: %#', (r, want) => expect(summary(r)).toBe(want));

  it('never says that it was shown when nobody told', () => {
    const told = steps(reminder({ deliveries: [delivery({ accepted_at: '2026-11-11T19:40:03Z' })] }), later);
    expect(told.map((s) => [s.state, s.word])).toEqual([['done', 'due'], ['done', 'handed'], ['skipped', 'not_shown'], ['due', 'open']]);
  });

  it('is told in the order of time', () => {
    const told = steps(reminder({ state: 'acknowledged', acknowledged_at: '2026-11-11T19:42:00Z', deliveries: [delivery({ accepted_at: '2026-11-11T19:40:03Z', delivered_at: '2026-11-11T19:40:05Z', opened_at: '2026-11-11T19:41:00Z' })] }), later);
    expect(told.map((s) => s.word)).toEqual(['due', 'handed', 'shown', 'opened', 'answered']);
  });

  it('says why it waits or ended', () => {
    expect(steps(reminder({ state: 'held', held_by: 'RS-05' }), later)).toContainEqual({ state: 'held', word: 'held', reason: 'RS-05', at: null });
    expect(steps(reminder({ state: 'expired', reason: 'late' }), later).at(-1)).toMatchObject({ word: 'ended', reason: 'late' });
    expect(steps(reminder({ state: 'scheduled' }), Date.parse('2026-11-11T19:00:00Z'))).toEqual([]);
  });
});
