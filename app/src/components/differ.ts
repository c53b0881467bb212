// What two versions of a row say differently, in words.
import { catalogue, label } from '../core/catalogue';
import { one } from '../core/mirror';
import { date, list, t } from '../core/words';
import type { Collection, Roller, Row } from '../core/types';
import { answerWord } from './summary';

const times = new Set(['started_at', 'ended_at', 'observed_at', 'at']);

/** "Areas: crown and hairline" for each of the fields. */
export function inWords(collection: Collection | undefined, row: Row, fields: string[]): string {
  return fields.map((f) => t('history.sign', fact(collection, row, f))).join('; ');
}

function fact(collection: Collection | undefined, row: Row, field: string): { name: string; value: string } {
  const value = row[field];
  const question = questionOf(collection, field);
  const name = question?.name ?? t(nameless[field] ?? (times.has(field) ? 'core.time' : 'core.entry'));
  if (value === undefined || value === null || value === '') return { name, value: label('answers', 'unknown') };
  if (times.has(field)) return { name, value: `${date(String(value), 'day')}, ${date(String(value), 'time')}` };
  if (field === 'roller_id') return { name, value: one<Roller>('rollers', String(value))?.name ?? t('history.no_name') };
  if (field === 'products') return { name, value: list((value as { kind: string }[]).map((p) => label('products', p.kind))) };
  if (question) return { name, value: answerWord(question, value) ?? String(value) };
  return { name, value: Array.isArray(value) ? list(value.map(String)) : typeof value === 'object' ? '…' : String(value) };
}

const nameless: Record<string, string> = { roller_id: 'history.roller', notes: 'history.note', note: 'history.note', name: 'core.name', outcome: 'history.outcome', clinician_diagnosis: 'history.told' };

export function questionOf(collection: Collection | undefined, field: string) {
  const all = catalogue.value;
  const asked = collection === 'reports' ? all?.symptoms : collection === 'progress' ? all?.progress : all?.session;
  return asked?.find((q) => q.field === field);
}
