// How worn a roller is, of its own row and the sessions it was used in.
import type { Roller, Session } from './types';
import { number, t } from './words';

/** A day such as 2026-12-01 as a moment in the middle of it, so that no zone moves it. */
export const noon = (day: string): Date => new Date(`${day}T12:00`);

/** A moment as a field for day and time has it. */
export const local = (d: Date): string => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** Today as the API writes a day. */
export const today = (now = new Date()): string => local(now).slice(0, 10);

export interface Wear {
  uses: number;
  max?: number;
  /** Uses that are left; never below none. */
  left?: number;
  /** The first day of use, its age in days, and how many days it is good for. */
  since?: string;
  age?: number;
  lasts?: number;
  /** It is not to be used, by the server or by what the person answered just now. */
  stop: boolean;
  /** Its uses or its days are over. */
  worn: boolean;
}

export function wear(r: Roller, sessions: Session[], now: Date): Wear {
  const uses = r.uses ?? 0;
  const max = r.max_uses ?? undefined;
  const since = r.first_used_on ?? sessions.filter((s) => s.roller_id === r.id).map((s) => today(new Date(s.started_at))).sort()[0];
  const days = (a: Date, b: Date): number => Math.round((b.getTime() - a.getTime()) / 86_400_000);
  const age = since ? Math.max(0, days(noon(since), noon(today(now)))) : undefined;
  const lasts = since && r.replace_by ? days(noon(since), noon(r.replace_by)) : undefined;
  return {
    uses, max, since, age, lasts,
    left: max === undefined ? undefined : Math.max(0, max - uses),
    stop: r.shared || (r.problems?.length ?? 0) > 0 || !!r.quarantined_by || (r.advisories ?? []).some((a) => a.severity === 'stop'),
    worn: (max !== undefined && uses >= max) || (!!r.replace_by && r.replace_by <= today(now)),
  };
}

/** Its name with its length, as far as they are known. */
export function rollerName(r: Roller): string {
  const mm = r.needle_mm ? t('core.mm', { mm: number(r.needle_mm) }) : '';
  return [r.name, mm].filter(Boolean).join(', ') || t('rollers.roller');
}

/** A length as typed, comma or point: undefined when left empty, null when it is none. */
export function length(typed: string): number | undefined | null {
  if (typed.trim() === '') return undefined;
  const mm = Number(typed.trim().replace(',', '.'));
  return mm > 0 && mm <= 5 ? mm : null;
}
