// What two versions of a row say differently, in words.
import { catalogue, label, word } from '../core/catalogue';
import { one } from '../core/mirror';
import { dateTime, list, t } from '../core/words';
import type { Collection, Roller, Row } from '../core/types';
import { outcomeWord } from './diary';
import { answerWord } from './summary';

const times = new Set(['started_at', 'ended_at', 'observed_at', 'at']);

/** "Areas: crown and hairline" for each of the fields, a line each. */
export function inWords(collection: Collection | undefined, row: Row, fields: string[]): string {
  return fields.map((f) => t('history.sign', fact(collection, row, f))).join('\n');
}

function fact(collection: Collection | undefined, row: Row, field: string): { name: string; value: string } {
  const value = row[field];
  const question = questionOf(collection, field);
  const name = question?.name ?? t(nameless[field] ?? (times.has(field) ? 'core.time' : 'core.entry'));
  if (value === undefined || value === null || value === '') return { name, value: word('chart.unanswered') };
  if (times.has(field)) return { name, value: dateTime(String(value)) };
  if (field === 'roller_id') return { name, value: one<Roller>('rollers', String(value))?.name ?? t('history.no_name') };
  if (Array.isArray(value) && !value.length) return { name, value: label('answers', 'none') };
  if (field === 'outcome') return { name, value: outcomeWord(value) };
  if (field === 'products' || field === 'problems') return { name, value: list((value as (string | { kind: string })[]).map((v) => label(field, typeof v === 'string' ? v : v.kind))) };
  if (question) return { name, value: answerWord(question, value) ?? String(value) };
  return { name, value: typeof value === 'object' ? '…' : String(value) };
}

const nameless: Record<string, string> = { roller_id: 'history.roller', notes: 'history.note', note: 'history.note', name: 'core.name', outcome: 'history.outcome', clinician_diagnosis: 'history.told' };

export function questionOf(collection: Collection | undefined, field: string) {
  const all = catalogue.value;
  const asked = collection === 'reports' ? all?.symptoms : collection === 'progress' ? all?.progress : all?.session;
  return asked?.find((q) => q.field === field);
}
