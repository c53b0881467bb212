// An entry of the diary in a few words.
import { catalogue, label, stateWord, tierText } from '../core/catalogue';
import type { DiaryEntry } from '../core/diary';
import { t } from '../core/words';
import type { Report, Row, Session, Tier, Warning } from '../core/types';
import { areasOf, needle, signsOf } from './summary';

export const entryIcons: Record<string, string> = { reports: 'ask', sessions: 'roller', clinician_events: 'doctor', progress: 'photos', warnings: 'eye' };

export const outcomeWord = (value: unknown): string => catalogue.value?.outcomes.find((o) => o.value === value)?.label ?? '';

/** The answers of a progress entry, as question and value of the catalogue. */
export function progressFacts(row: Row): { name: string; value: string }[] {
  const facts = catalogue.value?.progress ?? [];
  const said: Record<string, unknown> = { ...row, ...(row.scale ? { [String(row.scale)]: row.value } : {}) };
  return facts.flatMap((q) => {
    const value = said[q.field];
    if (value === undefined || value === null || value === '') return [];
    return [{ name: q.name, value: q.values.find((v) => v.value === String(value))?.label ?? String(value) }];
  });
}

export function inShort({ collection, row }: DiaryEntry): { title: string; note: string } {
  switch (collection) {
    case 'sessions': { const s = row as unknown as Session; return { title: t('history.rolled', { what: needle(s) }), note: areasOf(s) }; }
    case 'reports': {
      const r = row as unknown as Report;
      const tier = r.assessment?.tier as Tier | undefined;
      return { title: t('core.entry_report'), note: [signsOf(r), tier && tier !== 'expected' ? tierText(tier).title : ''].filter(Boolean).join(' · ') };
    }
    case 'warnings': { const w = row as unknown as Warning; return { title: w.title, note: [w.title === tierText(w.tier).title ? '' : tierText(w.tier).title, stateWord('warning', w.state)].filter(Boolean).join(' · ') }; }
    case 'progress': return { title: label('kinds', 'progress'), note: progressFacts(row).filter((f) => f.value).slice(0, 2).map((f) => t('history.sign', f)).join(', ') };
    default: return { title: outcomeWord(row.outcome), note: '' };
  }
}
