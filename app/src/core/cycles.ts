// The history folded into what the charts draw: one cycle by hours, and the
// sessions and rests by months. Nothing here judges; unknown stays unknown.
import { newestFirst } from './mirror';
import type { Catalogue, Reminder, Report, Session } from './types';

const hour = 3_600_000;
export const day = 24 * hour;
/** The axis of a cycle, in days: fixed, so that cycles compare. */
export const axis = 10;

export const signs = ['pain', 'erythema', 'swelling', 'warmth', 'flaking', 'itch', 'burning'] as const;
export type Sign = (typeof signs)[number];
export const top = (sign: Sign): number => (sign === 'pain' || sign === 'itch' || sign === 'burning' ? 10 : 3);

export const ended = (s: Session): string => s.ended_at ?? s.started_at;


/** A look at the scalp: hours after the session; without a report the check-in was not answered. */
export interface Look { h: number; at: string; report?: Report }

/** The reports and the unanswered check-ins of a session, until the one after it. */
export function looks(s: Session, next: Session | undefined, reports: Report[], reminders: Reminder[]): Look[] {
  const [from, to] = [ended(s), next?.started_at ?? '9'];
  const within = (at: string): boolean => at >= from && at < to;
  const hours = (at: string): number => (Date.parse(at) - Date.parse(from)) / hour;
  return [
    ...reports.filter((r) => within(r.observed_at)).map((r) => ({ h: hours(r.observed_at), at: r.observed_at, report: r })),
    ...reminders.filter((r) => unanswered(r) && r.session_id === s.id && within(r.due_at)).map((r) => ({ h: hours(r.due_at), at: r.due_at })),
  ].sort((a, b) => a.h - b.h);
}

/** It was asked, and not answered; one whose time was over before it could be shown was never asked. */
const unanswered = (r: Reminder): boolean => r.kind === 'check_in' && r.state === 'expired' && r.reason !== 'late';

export interface Point { h: number; value: number; over: boolean }
/** A stretch between two answers; a gap where a check-in between them, or the sign in it, was not answered. */
export interface Stretch { from: Point; to: Point; gap: boolean }

export type Row = Catalogue['courses'][number]['rows'][number];

/** The course that is told of for a needle length. */
export function course(courses: Catalogue['courses'], mm: number | null | undefined): Row[] {
  return (courses.find((c) => c.up_to_mm !== null && mm != null && mm <= c.up_to_mm) ?? courses.find((c) => c.up_to_mm === null))?.rows ?? [];
}

/** The most that is usually told at some hours after a session. */
export function usual(rows: Row[], sign: Sign, h: number): number | undefined {
  return rows.find((r) => r.until_h === null || h < r.until_h)?.[sign];
}

export function line(all: Look[], sign: Sign, rows: Row[]): { points: Point[]; stretches: Stretch[] } {
  const points: Point[] = [];
  const stretches: Stretch[] = [];
  let open = false;
  for (const look of all) {
    const value = look.report?.[sign];
    if (value === undefined || value === null) { open = true; continue; }
    const most = usual(rows, sign, look.h);
    const point = { h: look.h, value, over: most !== undefined && value > most };
    const before = points[points.length - 1];
    if (before) stretches.push({ from: before, to: point, gap: open });
    points.push(point);
    open = false;
  }
  return { points, stretches };
}

/** The outline of what is usually told, in steps: hours and values to the end of the axis. */
export function outline(rows: Row[], sign: Sign): { h: number; value: number }[] {
  const out: { h: number; value: number }[] = [];
  let from = 0;
  for (const r of rows) {
    const to = Math.min(r.until_h ?? axis * 24, axis * 24);
    if (to <= from) continue;
    out.push({ h: from, value: r[sign] }, { h: to, value: r[sign] });
    from = to;
  }
  return out;
}

export interface Month {
  /** The first day of it, in the phone's own clock. */
  start: Date; days: number;
  /** Days of the month, from 0, on which a session ended. */
  sessions: number[];
  /** Rests as parts of the month: from and to in days. */
  rests: { from: number; to: number }[];
  answered: number; asked: number;
  /** Days of rest that were advised after its sessions and are over, and how many of them were kept. */
  kept: number; advised: number;
}

/** The months from the first session to now, at most so many, the latest last. */
export function months(sessions: Session[], reminders: Reminder[], now: Date, most = 6): Month[] {
  const all = newestFirst(sessions).reverse();
  const first = all[0] && new Date(all[0].started_at);
  const out: Month[] = [];
  for (let i = most - 1; i >= 0; i--) {
    const start = new Date(now.getFullYear(), now.getMonth() - i, 1);
    const end = new Date(start.getFullYear(), start.getMonth() + 1, 1);
    if (first && end <= first && i > 0) continue;
    out.push(month(start, end, all, reminders, now));
  }
  return out;
}

function month(start: Date, end: Date, sessions: Session[], reminders: Reminder[], now: Date): Month {
  const days = Math.round((end.getTime() - start.getTime()) / day);
  const of = (at: number): number => Math.min(days, Math.max(0, (at - start.getTime()) / day));
  const inside = (at: string): boolean => Date.parse(at) >= start.getTime() && Date.parse(at) < end.getTime();
  const out: Month = { start, days, sessions: [], rests: [], answered: 0, asked: 0, kept: 0, advised: 0 };
  sessions.forEach((s, i) => {
    const at = Date.parse(ended(s));
    if (inside(ended(s))) out.sessions.push(of(at));
    if (!s.rest) return;
    const until = Date.parse(s.rest.until);
    const next = sessions[i + 1] ? Date.parse(sessions[i + 1]!.started_at) : Infinity;
    const to = Math.min(until, next);
    if (to > start.getTime() && at < end.getTime()) out.rests.push({ from: of(at), to: of(to) });
    if (inside(ended(s)) && (until <= now.getTime() || next <= now.getTime())) {
      out.advised += Math.round((until - at) / day);
      out.kept += Math.round((to - at) / day);
    }
  });
  for (const r of reminders) {
    if (!inside(r.due_at)) continue;
    const answered = r.kind === 'check_in' && r.state === 'acknowledged';
    if (answered) out.answered++;
    if (answered || unanswered(r)) out.asked++;
  }
  return out;
}
