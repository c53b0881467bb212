// What is kept on the phone: the mirror of the server's rows, the outbox, and a
// few single values. Every write is told to this tab and to the others.
import type { DBSchema, IDBPDatabase } from 'idb';
import { openDB } from './idb';
import { signal } from './signal';
import type { Collection, Row } from './types';

export interface Kept { collection: Collection; id: string; row: Row }

/** A row as the sync has it. */
export type Theirs = Row & { _deleted?: boolean };

/** What waits to be sent. Its number is its place in the queue. */
export interface Entry {
  n?: number;
  account: string;
  at: string;
  state: 'waits' | 'conflict' | 'refused';
  /** A row: its new form, and the one that the edit was made on. */
  collection?: Collection;
  id?: string;
  row?: Row;
  base?: Theirs;
  /** What it said before; one of these may have arrived, its answer lost. */
  tried?: Row[];
  deleted?: boolean;
  /** How far the feed was read when it was written. */
  since?: number;
  /** An act: a call of the API. */
  method?: 'POST' | 'DELETE' | 'PATCH' | 'PUT';
  path?: string;
  body?: unknown;
  /** The other version, of a conflict. */
  theirs?: Theirs;
  /** Why the server refused it. */
  problem?: string;
  /** A key of the app's words that names it for the person, and what goes into it. */
  label?: string;
}

/** A picture of the scalp. It has no row on the server and never gets one: it stays on this phone. */
export interface Photo {
  id: string;
  account: string;
  view: string;
  at: string;
  picture: Blob;
}

interface Schema extends DBSchema {
  rows: { key: [string, string]; value: Kept; indexes: { collection: string } };
  outbox: { key: number; value: Entry };
  kv: { key: string; value: unknown };
  photos: { key: string; value: Photo };
}

export type Database = IDBPDatabase<Schema>;

/** Whether there is a database to ask; one that is refused counts, for its place is taken. */
export const hasStore = (): boolean => {
  try { return typeof indexedDB !== 'undefined'; } catch { return true; }
};

/** The browser keeps nothing: what is here lasts as long as the page. */
export const forgetful = signal(false);

let opened: Promise<Database> | undefined;

export function database(): Promise<Database> {
  opened ??= openDB<Schema>('aftercare', 2, {
    upgrade(db, before) {
      db.createObjectStore('photos', { keyPath: 'id' });
      if (before >= 1) return;
      db.createObjectStore('rows', { keyPath: ['collection', 'id'] }).createIndex('collection', 'collection');
      db.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true });
      db.createObjectStore('kv');
    },
    // A newer version of the app in another tab may upgrade it; a phone may end it while the app is out of sight.
    blocking: () => { void opened?.then((db) => db.close()); opened = undefined; },
  }).catch(async () => {
    forgetful.value = true;
    return (await import('./memory')).memory() as Database;
  });
  return opened;
}

/** Rises with every write, here or in another tab: who shows rows reads them again. */
export const changed = signal(0);

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('aftercare');
if (channel) channel.onmessage = () => { changed.value++; };

export function tell(): void {
  changed.value++;
  channel?.postMessage(1);
}

export async function get<T>(key: string): Promise<T | undefined> {
  return (await (await database()).get('kv', key)) as T | undefined;
}

/** Several values in one transaction, which costs a slow phone more than what it reads. */
export async function read<T extends unknown[]>(...keys: string[]): Promise<Partial<T>> {
  const { store } = (await database()).transaction('kv');
  return (await Promise.all(keys.map((key) => store.get(key)))) as Partial<T>;
}

export async function put(key: string, value: unknown): Promise<void> {
  const db = await database();
  if (value === undefined) await db.delete('kv', key);
  else await db.put('kv', value, key);
}

const personal: (() => void)[] = [];
/** A signal of what is known of the person, which begins anew when the phone forgets them. */
export function ofPerson<T>(start: T) {
  const s = signal(start);
  personal.push(() => { s.value = start; });
  return s;
}

/** Forgets the diary on this phone; the outbox and the photos stay unless all is to go. */
export async function forget(all: boolean): Promise<void> {
  const db = await database();
  const tx = db.transaction(['rows', 'outbox', 'kv', 'photos'], 'readwrite');
  await tx.objectStore('rows').clear();
  for (const key of await tx.objectStore('kv').getAllKeys()) {
    if (!key.startsWith('catalogue:')) await tx.objectStore('kv').delete(key);
  }
  if (all) {
    await tx.objectStore('outbox').clear();
    await tx.objectStore('photos').clear();
  }
  await tx.done;
  for (const begin of personal) begin();
  tell();
}
