// The questions of a check-in, as the catalogue has them, and what the answers
// say as a report.
import { number, t } from './words';
import type { Catalogue } from './types';
import { route } from './way';

export type Question = Catalogue['symptoms'][number];
export type Kind = 'scale' | 'nrs' | 'set' | 'bool' | 'number' | 'one';

/** The fields of a report that hold several values. */
const sets = new Set(['discharge', 'systemic', 'alarm', 'skin']);
/** Asked elsewhere: products where a session is logged, a visit at the doctor's page. */
const elsewhere = new Set(['products', 'seen_by_clinician']);

export function kindOf(q: Question): Kind {
  if (sets.has(q.field)) return 'set';
  const values = q.values.map((v) => v.value);
  if (values.length === 0) return 'number';
  if (values.join() === 'true,false') return 'bool';
  if (values.length === 11 && values[10] === '10') return 'nrs';
  return values.join() === '0,1,2,3' ? 'scale' : 'one';
}

export type Answers = Record<string, unknown>;

/** The questions to ask, given the answers so far: signs of danger first, then what was seen. */
export function questions(all: Question[], answers: Answers): Question[] {
  const asked = all.filter((q) => !elsewhere.has(q.field) && relevant(q.field, answers));
  const first = ['alarm', 'systemic'];
  return [...asked.filter((q) => first.includes(q.field)), ...asked.filter((q) => !first.includes(q.field))];
}

function relevant(field: string, a: Answers): boolean {
  switch (field) {
    case 'extent': return a.erythema !== 0;
    case 'spreading_fast': return a.erythema !== 0 && a.extent !== 'rolled_area';
    case 'temperature_c': return a.feverish !== 'no';
    default: return true;
  }
}

/** What an answer given as text is in the report; undefined stays unknown. */
export function parse(q: Question, text: string): unknown {
  switch (kindOf(q)) {
    case 'scale':
    case 'nrs': return Number(text);
    case 'bool': return text === 'true';
    case 'number': return temperature(text);
    default: return text;
  }
}

/** A temperature as typed, comma or point; undefined if it is no number. */
export function temperature(text: string): number | undefined {
  const n = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || Number.isNaN(n) ? undefined : Math.round(n * 10) / 10;
}

/** A temperature as the person would type it. */
export const degrees = (n: unknown): string => (typeof n === 'number' ? number(n, 1) : String(n ?? ''));

/** The bounds of a temperature in °C, as the contract has them. */
const coldest = 30;
const hottest = 43;

/** What a person meant who forgot the point: 377 is 37.7. */
export function guess(n: number): number | undefined {
  const tenth = Math.round(n) / 10;
  return n > hottest && tenth >= coldest && tenth <= hottest ? tenth : undefined;
}

/** What is wrong with a temperature as typed; nothing, if it may be one. */
export function wrongDegrees(n: number | undefined): string | undefined {
  if (n !== undefined && n >= coldest && n <= hottest) return undefined;
  const near = n && guess(n);
  return near ? t('checkin.degrees_guess', { min: coldest, max: hottest, guess: number(near, 1) }) : t('checkin.degrees', { min: coldest, max: hottest });
}

/** The answers of the report: only what was answered. A follow-up that no longer applies is left out. */
export function answered(all: Question[], answers: Answers): Answers {
  const out: Answers = {};
  for (const q of questions(all, answers)) if (answers[q.field] !== undefined && answers[q.field] !== null) out[q.field] = answers[q.field];
  return out;
}

/**
 * The row of a corrected report: what the questions do not ask, such as a note,
 * stays, and so does a temperature that was not asked for again.
 */
export function corrected(all: Question[], old: Answers, answers: Answers): Answers {
  const cleared = all.filter((q) => !elsewhere.has(q.field) && (q.field !== 'temperature_c' || relevant(q.field, answers)));
  return { ...old, ...Object.fromEntries(cleared.map((q) => [q.field, null])), ...answered(all, answers) };
}

/** The one-tap report, as the contract writes it out. */
export const calm: Answers = {
  erythema: 0, swelling: 0, warmth: 0, flaking: 0, pain: 0, itch: 0, burning: 0, extent: 'rolled_area', spreading_fast: false,
  discharge: [], odour: 'no', lumps: 'none', tender_nodes: 'no', bleeding: 'none', feverish: 'no', systemic: [], alarm: [], skin: [],
};

/** A check-in that is being answered. */
export interface Draft { answers: Answers; at: number; begun: number; asked?: string[] }

/** Opens the questions again with the answers of a report as they are. */
export const correct = (id: string): void => route(`/app/check-in/questions?id=${id}`);

const oldDraft = 6 * 3_600_000;

/** Whether to go on with it: something was answered, and not yesterday. */
export function begun(d: Draft | undefined, now = Date.now()): d is Draft {
  return d !== undefined && now - d.begun < oldDraft && Object.keys(d.answers).length > 0;
}
