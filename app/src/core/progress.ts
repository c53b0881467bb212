// The person's own scales of their hair. The questions and the steps are the
// catalogue's; nothing is reckoned from them.
import { catalogue } from './catalogue';
import type { Catalogue, ProgressNote } from './types';
import { number } from './words';

export const scales = ['norwood', 'ludwig', 'sinclair', 'salt'] as const;

export const question = (field: string): Catalogue['progress'][number] | undefined => catalogue.value?.progress.find((q) => q.field === field);

export const answer = (field: string, value: unknown): string => question(field)?.values.find((v) => v.value === String(value))?.label ?? '';

/** "Norwood III: …", or "SALT 20 %". */
export function scaleName(n: Pick<ProgressNote, 'scale' | 'value'>): string {
  if (!n.scale) return '';
  const name = question(n.scale)?.name ?? n.scale;
  if (n.value == null) return name;
  return `${name} ${n.scale === 'salt' ? `${number(n.value)} %` : answer(n.scale, n.value) || number(n.value)}`;
}

/** A share in percent as typed: undefined when left empty, null when it is none. */
export function percent(typed: string): number | undefined | null {
  if (typed.trim() === '') return undefined;
  const n = Number(typed.trim().replace(',', '.').replace(/ ?%$/, ''));
  return n >= 0 && n <= 100 ? n : null;
}
