import { expect, it } from 'vitest';
import { course, line, looks, months, outline, usual, type Row } from './cycles';
import type { Reminder, Report, Session } from './types';

const s = { id: 's', started_at: '2026-11-01T10:00:00Z', ended_at: '2026-11-01T10:20:00Z' } as Session;
const report = (at: string, part: Partial<Report>) => ({ id: at, observed_at: at, ...part }) as Report;
const asked = (due_at: string, state: Reminder['state']) => ({ id: due_at, kind: 'check_in', session_id: 's', due_at, state }) as Reminder;
const row = (until_h: number | null, pain: number) => ({ until_h, pain, erythema: 0, swelling: 0, warmth: 0, flaking: 0, itch: 0, burning: 0 }) as Row;
const rows = [row(24, 4), row(72, 2), row(null, 0)];

it('leaves a gap where a check-in or a sign was not answered, and never draws a 0 for it', () => {
  const all = looks(s, undefined, [
    report('2026-11-01T12:20:00Z', { pain: 3 }), report('2026-11-02T10:20:00Z', { pain: 3 }), report('2026-11-04T10:20:00Z', { pain: 1 }),
    report('2026-11-05T10:20:00Z', { pain: null, itch: 2 }), report('2026-11-06T10:20:00Z', { pain: 0 }),
  ], [asked('2026-11-03T10:20:00Z', 'expired'), asked('2026-11-04T09:00:00Z', 'acknowledged')]);
  const { points, stretches } = line(all, 'pain', rows);
  expect(points.map((p) => [p.h, p.value, p.over])).toEqual([[2, 3, false], [24, 3, true], [72, 1, true], [120, 0, false]]);
  expect(stretches.map((x) => x.gap)).toEqual([false, true, true]);
});

it('takes no check-in for unanswered that was never shown', () => {
  expect(looks(s, undefined, [], [{ ...asked('2026-11-03T10:20:00Z', 'expired'), reason: 'late' }])).toEqual([]);
});

it('ends a cycle where the next session begins', () => {
  const next = { id: 'n', started_at: '2026-11-05T00:00:00Z' } as Session;
  expect(looks(s, next, [report('2026-11-01T09:00:00Z', {}), report('2026-11-02T00:00:00Z', {}), report('2026-11-05T00:00:00Z', {})], []).map((l) => l.at)).toEqual(['2026-11-02T00:00:00Z']);
});

it('takes the course of the needle, and the one of long needles where the length is not known', () => {
  const courses = [{ up_to_mm: 0.3, rows: [row(null, 1)] }, { up_to_mm: null, rows }];
  expect([course(courses, 0.25)[0]!.pain, course(courses, 0.5)[0]!.pain, course(courses, null)[0]!.pain]).toEqual([1, 4, 4]);
  expect([usual(rows, 'pain', 23.9), usual(rows, 'pain', 24), usual(rows, 'pain', 500)]).toEqual([4, 2, 0]);
  expect(outline(rows, 'pain')).toEqual([{ h: 0, value: 4 }, { h: 24, value: 4 }, { h: 24, value: 2 }, { h: 72, value: 2 }, { h: 72, value: 0 }, { h: 240, value: 0 }]);
});

it('lays rests over months, cuts them where rolling began again, and counts only what was asked', () => {
  const at = (text: string): string => new Date(text).toISOString(); // of the phone's own clock
  const session = (id: string, from: string, until: string) => ({ id, started_at: at(from), ended_at: null, rest: { until: at(until) } }) as unknown as Session;
  const all = months([session('a', '2026-09-21T00:00', '2026-10-05T00:00'), session('b', '2026-10-11T00:00', '2026-10-25T00:00'), session('c', '2026-10-21T00:00', '2026-11-04T00:00')],
    [asked(at('2026-10-12T08:00'), 'acknowledged'), asked(at('2026-10-13T08:00'), 'expired'), asked(at('2026-10-14T08:00'), 'cancelled')], new Date('2026-11-02T12:00'));
  expect(all.map((m) => [m.start.getMonth(), m.sessions.map(Math.round), m.rests.map((r) => [Math.round(r.from), Math.round(r.to)])])).toEqual([
    [8, [20], [[20, 30]]], [9, [10, 20], [[0, 4], [10, 20], [20, 31]]], [10, [], [[0, 3]]],
  ]);
  expect(all.map((m) => [m.kept, m.advised, m.answered, m.asked])).toEqual([[14, 14, 0, 0], [10, 14, 1, 2], [0, 0, 0, 0]]);
});
