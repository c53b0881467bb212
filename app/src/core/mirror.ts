// The server's rows on the phone, kept current by the change feed.
import { effect, signal, type Signal } from './signal';
import { call } from './api';
import { changed, database, get, put, tell } from './db';
import { entries, overlay } from './outbox';
import { collections, type Collection, type Row, type Session } from './types';

interface Change { seq: number; collection: string; id: string; deleted: boolean; row: Row | null }
interface Page { changes: Change[]; next: number; more: boolean }

const stored = Object.fromEntries(collections.map((c) => [c, signal<Row[]>([])])) as Record<Collection, Signal<Row[]>>;
/** The rows of a collection as the person sees them, by collection. */
export const rows = Object.fromEntries(collections.map((c) => [c, signal<Row[]>([])])) as Record<Collection, Signal<Row[]>>;
/** True when the mirror was read once. */
export const read = signal(false);

export async function readMirror(): Promise<void> {
  const all = await (await database()).getAll('rows');
  for (const c of collections) stored[c].value = all.filter((k) => k.collection === c).map((k) => k.row);
  read.value = true;
}

effect(() => {
  if (changed.value) void readMirror();
});
for (const c of collections) effect(() => { rows[c].value = overlay(stored[c].value, entries.value, c); });

/** The typed rows of a collection. */
export function all<T>(collection: Collection): T[] {
  return rows[collection].value as unknown as T[];
}

export function one<T>(collection: Collection, id: string | undefined): T | undefined {
  return rows[collection].value.find((r) => r.id === id) as unknown as T | undefined;
}

/** Sessions, the newest first. */
export const newestFirst = (sessions: Session[]): Session[] => sessions.filter((s) => s.started_at).sort((a, b) => b.started_at.localeCompare(a.started_at));

/** The last session, or the last one before a time. */
export const lastSession = (until = '9'): Session | undefined => newestFirst(all<Session>('sessions')).find((s) => s.started_at <= until);

/** The length that was used, as far as it is known. */
export const lengthOf = (s: Session | undefined): number | null | undefined => s?.needle_mm_used ?? s?.needle_mm;

/** The row as the server has it, for the base of an edit. */
export function serverRow(collection: Collection, id: string): Row | undefined {
  return stored[collection].peek().find((r) => r.id === id);
}

/** Keeps a row that an answer brought, until the feed brings it too. */
export async function keepRow(collection: Collection, row: Row): Promise<void> {
  await (await database()).put('rows', { collection, id: row.id, row });
  tell();
}

const pageSize = 500;

/** Reads the feed to its end. Too old a place in it starts the mirror anew; the outbox stays. */
export async function pull(fetchPage: (since: number) => Promise<Page | 'expired'> = page): Promise<void> {
  let since = (await get<number>('cursor')) ?? 0;
  let fresh = since === 0;
  const seen = new Set<string>();
  for (;;) {
    const answer = await fetchPage(since);
    if (answer === 'expired') {
      if (since === 0) throw new Error('the feed has no beginning');
      since = 0;
      fresh = true;
      seen.clear();
      continue;
    }
    await apply(answer, seen);
    since = answer.next;
    if (!answer.more) break;
  }
  if (fresh) await sweep(seen);
  await put('cursor', since);
  tell();
}

async function apply(answer: Page, seen: Set<string>): Promise<void> {
  const tx = (await database()).transaction('rows', 'readwrite');
  for (const c of answer.changes) {
    if (!collections.includes(c.collection as Collection)) continue; // of a newer server
    const collection = c.collection as Collection;
    seen.add(`${collection}/${c.id}`);
    if (c.deleted || !c.row) await tx.store.delete([collection, c.id]);
    else await tx.store.put({ collection, id: c.id, row: c.row });
  }
  await tx.done;
}

/** Takes out what a full reading did not name. */
async function sweep(seen: Set<string>): Promise<void> {
  const tx = (await database()).transaction('rows', 'readwrite');
  for (const key of await tx.store.getAllKeys()) if (!seen.has(key.join('/'))) await tx.store.delete(key);
  await tx.done;
}

async function page(since: number): Promise<Page | 'expired'> {
  const answer = await call(`/v1/changes?since=${since}&limit=${pageSize}`);
  if (answer.status === 410) return 'expired';
  if (!answer.ok) throw new Error(`changes: ${answer.status}`);
  return (await answer.json()) as Page;
}

/** Reads everything anew, such as the texts of warnings in another language. */
export async function pullAll(): Promise<void> {
  await put('cursor', 0);
  await pull();
}
