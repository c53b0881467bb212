// Rows of the diary in a few words, all of the catalogue's.
import { catalogue, label, word } from '../core/catalogue';
import { kindOf, type Question } from '../core/checkin';
import { lastSession, lengthOf } from '../core/mirror';
import { dateTime, list, number, t } from '../core/words';
import type { Report, Session } from '../core/types';

/** The answer to a question in words; undefined where it was not answered. */
export function answerWord(q: Question, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.length ? list(value.map((v) => labelOf(q, String(v)))) : label('answers', 'none');
  switch (kindOf(q)) {
    case 'nrs': return t('history.of_ten', { n: number(value as number) });
    case 'number': return q.field === 'temperature_c' ? t('history.degrees', { n: number(value as number, 1) }) : number(value as number);
    default: return labelOf(q, String(value));
  }
}

const labelOf = (q: Question, value: string): string => q.values.find((v) => v.value === value)?.label ?? label('answers', value);

const graded = ['erythema', 'swelling', 'warmth', 'flaking', 'pain', 'itch', 'burning'] as const;

/** The strongest signs of a report, as "Colour: clearly, Pain: 3 of 10". */
export function signsOf(report: Report): string {
  const said = report as unknown as Record<string, unknown>;
  const there = (catalogue.value?.symptoms ?? []).filter((q) => sign(q, said[q.field]));
  if (there.length === 0) return graded.some((f) => said[f] === null || said[f] === undefined) ? t('history.part') : label('actions', 'calm');
  const names = there.map((q) => (graded.includes(q.field as (typeof graded)[number]) ? t('history.sign', { name: q.name, value: answerWord(q, said[q.field])! }) : q.name));
  return names.length > 4 ? t('history.and_more', { signs: names.slice(0, 3).join(', '), n: names.length - 3 }) : names.join(', ');
}

/** Whether an answer names a sign. How far a colour goes is none without the colour. */
function sign(q: Question, value: unknown): boolean {
  if (q.field === 'trend' || q.field === 'seen_by_clinician' || q.field === 'products' || q.field === 'temperature_c' || value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  return value !== 0 && value !== false && value !== 'no' && value !== 'none' && value !== 'rolled_area';
}

/** "0.5 mm, 8 November" without the day: the length that was used, or that it is not known. */
export function needle(s: Session | undefined): string {
  const mm = lengthOf(s);
  return mm ? t('core.mm', { mm: number(mm) }) : t('history.no_length');
}

export const areasOf = (s: Session): string => list((s.areas ?? []).map((a) => label('areas', a)));

/** What a held step waits for. */
export function waitsFor(by: string | null): string {
  if (by === 'AC-00' || by === 'RS-03') return word('plan.held');
  const block = catalogue.value?.blocks.find((b) => b.key === `rest.${by}`);
  return word(`plan.held.${by}`) || block?.title || word(by?.startsWith('RS-') ? 'plan.held.warning' : '');
}

/** With which needles the person rolled last, and when, as they would say it. */
export function lastRolled(until?: string): string | undefined {
  const last = lastSession(until);
  if (!last) return undefined;
  const [mm, when] = [lengthOf(last), dateTime(last.started_at)];
  return mm ? word('emergency.say.roller', { mm: number(mm), when }) : word('emergency.say.roller_unknown', { when });
}
