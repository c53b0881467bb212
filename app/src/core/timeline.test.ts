import { expect, it } from 'vitest';
import { fromReminders, timeline } from './timeline';
import type { PlanItem, Reminder, Report, Session } from './types';

const now = new Date('2026-11-12T09:20:00Z');
const reminder = (id: string, part: Partial<Reminder>) => ({ id, kind: 'check_in', session_id: 's', due_at: '2026-11-11T19:40:00Z', expires_at: '2026-11-13T00:00:00Z', state: 'scheduled', reason: null, snoozed_until: null, ...part }) as Reminder;
const states = (rs: Reminder[]) => fromReminders(rs, 's', now.getTime()).map((i) => `${i.id} ${i.state}`);

it('knows without a network that a step became due, or passed', () => {
  expect(states([
    reminder('a', {}), reminder('b', { expires_at: '2026-11-12T00:00:00Z' }), reminder('c', { due_at: '2026-11-13T00:00:00Z' }),
    reminder('d', { state: 'snoozed', snoozed_until: '2026-11-12T12:00:00Z' }),
  ])).toEqual(['a due', 'b skipped', 'd upcoming', 'c upcoming']);
});

it('leaves out what is no longer planned, what ended in another cycle, and warnings', () => {
  expect(states([
    reminder('a', { state: 'cancelled', reason: 'not_planned' }), reminder('b', { session_id: 'other', state: 'expired' }), reminder('c', { kind: 'warning' }),
    reminder('d', { session_id: 'other' }), reminder('e', { state: 'expired' }),
  ])).toEqual(['d due', 'e skipped']);
});

const item = (id: string, due_at: string, part: Partial<PlanItem>) => ({ id, kind: 'aftercare', rule: id, code: '', title: '', message: '', held_by: null, state: 'upcoming', due_at, ...part }) as PlanItem;
const last = { id: 's', started_at: '2026-11-08T19:30:00Z', ended_at: '2026-11-08T19:40:00Z' } as Session;
const groups = (items: PlanItem[], reports: Report[] = []) => Object.fromEntries(Object.entries(timeline(items, reports, last, now)).map(([k, v]) => [k, (v as { items: PlanItem[]; id: string }[]).map((s) => s.items.map((i) => i.id).join('+') || s.id)]));

it('puts what is due or waits since an earlier day under today, and joins what waits for the same', () => {
  expect(groups([
    item('done', '2026-11-08T20:00:00Z', { state: 'done' }), item('passed', '2026-11-10T20:00:00Z', { state: 'skipped' }),
    item('due', '2026-11-11T20:00:00Z', { state: 'due' }), item('h1', '2026-11-10T20:00:00Z', { state: 'held', held_by: 'AC-00' }), item('h2', '2026-11-11T20:00:00Z', { state: 'held', held_by: 'AC-00' }),
    item('h3', '2026-11-14T20:00:00Z', { state: 'held', held_by: 'AC-00' }), item('h4', '2026-11-14T20:00:00Z', { state: 'held', held_by: 'RS-05' }), item('next', '2026-11-13T20:00:00Z', {}),
  ])).toEqual({ first: ['s', 'done'], until: ['passed'], today: ['h1+h2', 'due'], later: ['next', 'h3', 'h4'] });
});

it('shows a check-in that was answered as its report', () => {
  const report = { id: 'r', observed_at: '2026-11-09T20:00:00Z' } as Report;
  const before = { id: 'old', observed_at: '2026-11-01T20:00:00Z' } as Report;
  expect(groups([item('c', '2026-11-09T19:40:00Z', { kind: 'check_in', state: 'done' })], [report, before]).until).toEqual(['r']);
});
