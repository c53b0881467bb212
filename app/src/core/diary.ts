// Everything that was written, as one list.
import { rows } from './mirror';
import type { Collection, Row } from './types';

export interface DiaryEntry { collection: Collection; row: Row; at: string }

/** What an entry is called. */
export const labels = { sessions: 'core.entry_session', reports: 'core.entry_report', clinician_events: 'core.entry_visit', progress: 'core.entry_progress' } as const;
export const pageOf = (collection: Collection, id: string): string => (collection === 'rollers' ? `/app/rollers/${id}` : `/app/history/entries/${collection}/${id}`);

/** Where a row says when it was; a progress entry has only a day. */
const times: Partial<Record<Collection, string>> = { sessions: 'started_at', reports: 'observed_at', clinician_events: 'at', progress: 'on', warnings: 'raised_at' };

export const timeOf = (collection: Collection, row: Row): string => String((collection === 'sessions' && row.ended_at) || row[times[collection] ?? ''] || '');

/** All entries and warnings, the newest first. */
export function diary(): DiaryEntry[] {
  return (Object.keys(times) as Collection[])
    .flatMap((collection) => rows[collection].value.map((row) => ({ collection, row, at: timeOf(collection, row) })))
    .filter((e) => e.at !== '')
    .sort((a, b) => moment(b.at) - moment(a.at) || b.row.id.localeCompare(a.row.id));
}

/** A day without an hour stands at its noon, in the phone's own clock. */
export const moment = (at: string): number => Date.parse(at.length === 10 ? `${at}T12:00:00` : at);
