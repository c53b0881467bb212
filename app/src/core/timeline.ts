// The cycle day by day, laid out; without the server's answer the same from the
// reminders on this phone.
import type { PlanItem, Reminder, Report, Session } from './types';

const shown = new Set(['check_in', 'aftercare', 'rest_over', 'roller_care', 'progress', 'recheck', 'risk_review']);
const ended = new Set(['acknowledged', 'expired', 'cancelled']);
const year = 365 * 86_400_000;

/** The plan as the reminders on the phone say it, by the rules of GET /v1/plan. */
export function fromReminders(reminders: Reminder[], latest: string | null, now: number): PlanItem[] {
  return reminders
    .filter((r) => shown.has(r.kind) && r.reason !== 'not_planned' && (r.session_id === latest || !ended.has(r.state)) && Date.parse(r.due_at) < now + year)
    .map((r) => ({ id: r.id, kind: r.kind, rule: r.rule, code: r.code, due_at: r.due_at, state: stateAt(r, now), title: r.title, message: r.message, held_by: r.held_by }))
    .sort((a, b) => a.due_at.localeCompare(b.due_at));
}

/** What a reminder is at a time: offline nobody tells the phone that one became due. */
function stateAt(r: Reminder, now: number): PlanItem['state'] {
  switch (r.state) {
    case 'held': return 'held';
    case 'acknowledged': return 'done';
    case 'expired':
    case 'cancelled': return 'skipped';
    case 'due':
    case 'sent': return 'due';
    default: {
      if (Date.parse(r.snoozed_until ?? r.due_at) > now) return 'upcoming';
      return Date.parse(r.expires_at) > now ? 'due' : 'skipped';
    }
  }
}

/** A line of the timeline: a step, several held ones that wait for the same, a session or a report. */
export interface Step { id: string; at: string; state: PlanItem['state']; items: PlanItem[]; report?: Report; session?: Session }

export interface Groups { first: Step[]; until: Step[]; today: Step[]; later: Step[] }

/** Lays the steps of a cycle out: its first day, until yesterday, today, and later. What is due or waits now stands under today. */
export function timeline(items: PlanItem[], reports: Report[], last: Session | undefined, now: Date): Groups {
  const began = last && (last.ended_at ?? last.started_at);
  const steps: Step[] = [
    ...(last && began ? [{ id: last.id, at: began, state: 'done' as const, items: [], session: last }] : []),
    // A check-in that was answered shows as its report, also as long as that waits to be sent.
    ...items.filter((i) => !((i.kind === 'check_in' || i.kind === 'recheck') && i.state === 'done')).map((i) => ({ id: i.id, at: i.due_at, state: i.state, items: [i] })),
    ...reports.filter((r) => began && r.observed_at >= began).map((r) => ({ id: r.id, at: r.observed_at, state: 'done' as const, items: [], report: r })),
  ].sort((a, b) => a.at.localeCompare(b.at));
  const out: Groups = { first: [], until: [], today: [], later: [] };
  const [today, first] = [day(now), began ? day(new Date(began)) : ''];
  for (const step of steps) {
    const on = day(new Date(step.at));
    const open = step.state === 'due' || (step.state === 'held' && on < today);
    if (open || on === today) out.today.push(step);
    else if (on > today) out.later.push(step);
    else (on === first ? out.first : out.until).push(step);
  }
  return { first: out.first, until: out.until, today: together(out.today, today), later: together(out.later, today) };
}

/** Joins the steps of one day that wait for the same; those of earlier days, which wait since, are one. */
function together(steps: Step[], today: string): Step[] {
  const out: Step[] = [];
  for (const step of steps) {
    const key = placeOf(step, today);
    const same = key === undefined ? undefined : out.find((s) => placeOf(s, today) === key);
    if (same) same.items.push(...step.items);
    else out.push({ ...step, items: [...step.items] });
  }
  return out;
}

const placeOf = (s: Step, today: string): string | undefined => {
  if (s.state !== 'held' || s.items[0]?.kind !== 'aftercare') return undefined;
  const on = day(new Date(s.at));
  return `${on < today ? '' : on} ${s.items[0].held_by ?? ''}`;
};

/** The day of the phone's own clock, as text that sorts. */
export function day(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}
