// Why did, or didn't, I get this? A reminder and its deliveries, told in order.
import { isOpen, type Delivery, type Reminder } from './types';

export type StepState = 'done' | 'skipped' | 'held' | 'due';
/** One step: its word, what it names, when it was. */
export interface Step { state: StepState; word: string; note?: string; rule?: string; reason?: string; phone?: string; at: string | null; until?: string }

/** The answer in one sentence, by the furthest that it came. */
export function summary(r: Pick<Reminder, 'state' | 'deliveries'>): string {
  const any = (test: (d: Delivery) => boolean) => r.deliveries.some(test);
  if (any((d) => d.opened_at !== null)) return 'opened';
  if (any((d) => d.delivered_at !== null)) return 'delivered';
  if (any((d) => d.state === 'accepted')) return 'accepted';
  if (['scheduled', 'held', 'expired', 'cancelled', 'acknowledged'].includes(r.state)) return r.state;
  if (any((d) => d.state === 'pending' || d.state === 'sending')) return 'waits';
  return r.deliveries.length > 0 ? 'failed' : 'nobody';
}

/** Every step in the order of its time; what has no time yet stands last. */
export function steps(r: Reminder, now: number): Step[] {
  const all: Step[] = r.deliveries.flatMap(handed);
  const due = Date.parse(r.due_at) <= now;
  if (r.state !== 'scheduled' && due) all.push({ state: 'done', word: 'due', at: r.due_at });
  if (r.held_by) all.push({ state: 'held', word: 'held', reason: r.held_by, at: null });
  if (r.state === 'snoozed' && r.snoozed_until) all.push({ state: 'held', word: 'snoozed', until: r.snoozed_until, at: null });
  if (r.acknowledged_at) all.push({ state: 'done', word: 'answered', at: r.acknowledged_at });
  else if (r.state === 'expired' || r.state === 'cancelled') all.push({ state: 'skipped', word: 'ended', reason: r.reason ?? undefined, at: r.updated_at });
  else if (due && isOpen(r)) all.push({ state: 'due', word: 'open', at: null });
  return all.map((s, i) => ({ s, i })).sort((a, b) => time(a.s) - time(b.s) || a.i - b.i).map(({ s }) => s);
}

const time = (s: Step): number => (s.at === null ? Number.POSITIVE_INFINITY : Date.parse(s.at));

function handed(d: Delivery): Step[] {
  const phone = d.device_id;
  if (d.state === 'pending' || d.state === 'sending') return [{ state: 'held', word: 'waits', phone, reason: d.reason ?? undefined, at: null }];
  if (d.state !== 'accepted') return [{ state: 'skipped', word: 'not_handed', phone, reason: d.reason ?? undefined, at: null }];
  const out: Step[] = [{ state: 'done', word: 'handed', note: 'handed_note', phone, at: d.accepted_at }];
  if (d.delivered_at) out.push({ state: 'done', word: 'shown', phone, at: d.delivered_at });
  else if (!d.opened_at) out.push({ state: 'skipped', word: 'not_shown', note: 'not_shown_note', phone, at: d.accepted_at });
  if (d.opened_at) out.push({ state: 'done', word: 'opened', phone, at: d.opened_at });
  return out;
}
