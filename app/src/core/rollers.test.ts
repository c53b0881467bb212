import { expect, it } from 'vitest';
import { length, today, wear } from './rollers';
import type { Roller, Session } from './types';

const now = new Date(2026, 10, 12, 20);
const roller = (part: Partial<Roller>): Roller => ({ id: 'roller-01', uses: 0, max_uses: 10, shared: false, problems: [], advisories: [], quarantined_by: null, replace_by: null, first_used_on: null, state: 'in_use', ...part }) as Roller;
const used = (roller_id: string, at: Date): Session => ({ roller_id, started_at: at.toISOString() }) as Session;

it('counts uses and days', () => {
  const w = wear(roller({ uses: 5, first_used_on: '2026-09-02', replace_by: '2026-12-01' }), [], now);
  expect(w).toMatchObject({ uses: 5, max: 10, left: 5, age: 71, lasts: 90, stop: false, worn: false });
});

it('takes the first session where no first day is known, of this roller alone', () => {
  const w = wear(roller({}), [used('roller-01', new Date(2026, 10, 10, 21)), used('roller-01', new Date(2026, 10, 2, 7)), used('other-01', new Date(2026, 9, 1))], now);
  expect(w).toMatchObject({ since: '2026-11-02', age: 10, lasts: undefined });
});

it('leaves open what is not known', () => expect(wear(roller({ max_uses: null }), [], now)).toMatchObject({ since: undefined, age: undefined, left: undefined }));

it.each<[string, Partial<Roller>]>([
  ['a fault told just now', { problems: ['dropped'] }], ['sharing', { shared: true }], ['a quarantine', { quarantined_by: 'SD-01' }],
  ['what the server says', { advisories: [{ rule: 'DV-05', code: 'roller.DV-05', severity: 'stop', message: '' }] }],
])('is not to be used for %s', (_, part) => expect(wear(roller(part), [], now).stop).toBe(true));

it.each<[string, Partial<Roller>, boolean]>([
  ['all uses', { uses: 10 }, true], ['more than all', { uses: 12 }, true], ['one left', { uses: 9 }, false],
  ['its last day', { replace_by: '2026-11-12' }, true], ['a day before', { replace_by: '2026-11-13' }, false],
])('is worn after %s: %j', (_, part, want) => expect(wear(roller(part), [], now).worn).toBe(want));

it.each([['0,5', 0.5], [' 1.5 ', 1.5], ['', undefined], ['0', null], ['6', null], ['x', null]])('reads a length of %j', (typed, want) => expect(length(typed)).toBe(want));

it('writes today by the clock of the phone', () => expect(today(new Date(2026, 0, 1, 0, 5))).toBe('2026-01-01'));
