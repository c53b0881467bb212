// The outbox: everything the person wrote that the server does not have yet, in
// the order in which it was written. It is visible, survives restarts and a
// sign-out by the server, and one tab at a time sends it.
import { computed, effect, signal } from './signal';
import { changed, database, tell, type Entry } from './db';
import { account as person, session } from './session';
import type { Row, Writable } from './types';

/** What waits, of this account, in sending order. */
export const entries = signal<Entry[]>([]);
export const waitingCount = computed(() => entries.value.length);

const mine = (): string => session.peek()?.account ?? person.peek()?.id ?? '';

export async function readOutbox(): Promise<void> {
  const all = await (await database()).getAll('outbox');
  entries.value = all.filter((e) => e.account === mine());
}

effect(() => {
  void changed.value;
  void session.value;
  void person.value;
  if (typeof indexedDB !== 'undefined') void readOutbox();
});

/**
 * Writes a row: at once into the outbox, so that it shows, and later to the
 * server. An edit of a row that still waits takes the place of the earlier one.
 */
export async function save(collection: Writable, row: Row, label: string, base?: Row): Promise<void> {
  await queueRow({ collection, id: row.id, row, base, deleted: false, label });
}

export async function remove(collection: Writable, row: Row, label: string): Promise<void> {
  await queueRow({ collection, id: row.id, row, base: row, deleted: true, label });
}

/** Queues a call of the API, such as the answer to a warning. */
export async function act(method: NonNullable<Entry['method']>, path: string, body: unknown, label: string): Promise<void> {
  await (await database()).add('outbox', { account: mine(), at: now(), state: 'waits', method, path, body, label });
  tell();
}

const now = (): string => new Date().toISOString();

async function queueRow(next: Pick<Entry, 'collection' | 'id' | 'row' | 'base' | 'deleted' | 'label'>): Promise<void> {
  const tx = (await database()).transaction('outbox', 'readwrite');
  const account = mine();
  const all = await tx.store.getAll();
  const earlier = all.find((e) => e.account === account && e.collection === next.collection && e.id === next.id);
  if (earlier) {
    await tx.store.put({ ...earlier, row: next.row, deleted: next.deleted, label: next.label, at: now(), state: 'waits', problem: undefined });
  } else {
    await tx.store.add({ ...next, account, at: now(), state: 'waits' });
  }
  await tx.done;
  tell();
}

/** Takes an entry out: the person does not want it sent, or it is settled. */
export async function drop(n: number): Promise<void> {
  await (await database()).delete('outbox', n);
  tell();
}

/** The person chose between two versions: ours is sent on top of theirs, or theirs stays. */
export async function resolve(n: number, keep: 'ours' | 'theirs'): Promise<void> {
  if (keep === 'theirs') return drop(n);
  const db = await database();
  const entry = await db.get('outbox', n);
  if (!entry) return;
  await db.put('outbox', { ...entry, base: entry.theirs, theirs: undefined, state: 'waits' });
  tell();
}

/** What the server said to an entry. */
export type Outcome =
  /** Taken; with the row as the server has it now, where the answer holds it. */
  | { kind: 'done'; row?: Row }
  | { kind: 'conflict'; theirs: Row & { _deleted?: boolean } }
  | { kind: 'refused'; problem: string }
  /** No network, no token, or a server with too much to do: all of it waits. */
  | { kind: 'stop' };

export type Transport = (entry: Entry) => Promise<Outcome>;

/** Sends what waits, in order, until something has to wait; true if all is gone. */
export async function sendAll(transport: Transport): Promise<boolean> {
  const account = session.peek()?.account;
  if (!account) return false;
  const blocked = new Set<string>(); // rows whose earlier entry waits for the person
  let after = 0;
  for (;;) {
    const entry = await next(account, after, blocked);
    if (!entry) return blocked.size === 0;
    after = entry.n!;
    const outcome = await transport(entry);
    if (outcome.kind === 'stop') return false;
    await settle(entry, outcome);
    if (outcome.kind !== 'done') blocked.add(place(entry));
    tell();
  }
}

const place = (e: Entry): string => `${e.collection ?? e.path}/${e.id ?? ''}`;

async function next(account: string, after: number, blocked: Set<string>): Promise<Entry | undefined> {
  const all = await (await database()).getAll('outbox', IDBKeyRange.lowerBound(after, true));
  for (const e of all) {
    if (e.account !== account) continue;
    if (e.state === 'waits' && !blocked.has(place(e))) return e;
    blocked.add(place(e));
  }
  return undefined;
}

/** Records the outcome; an edit made while it was sent is kept, on top of what was sent. */
async function settle(sent: Entry, outcome: Outcome): Promise<void> {
  const tx = (await database()).transaction(['outbox', 'rows'], 'readwrite');
  const outbox = tx.objectStore('outbox');
  const current = await outbox.get(sent.n!);
  if (outcome.kind === 'done' && sent.collection) {
    const rows = tx.objectStore('rows');
    const key: [string, string] = [sent.collection, sent.id!];
    if (sent.deleted) await rows.delete(key);
    else await rows.put({ collection: sent.collection, id: sent.id!, row: { ...(await rows.get(key))?.row, ...sent.row, ...outcome.row, id: sent.id! } });
  }
  if (current) {
    const edited = current.at !== sent.at;
    if (outcome.kind === 'done' && !edited) await outbox.delete(sent.n!);
    else if (outcome.kind === 'done') await outbox.put({ ...current, base: sent.deleted ? undefined : (outcome.row ?? sent.row) });
    else if (outcome.kind === 'conflict') await outbox.put({ ...current, state: 'conflict', theirs: outcome.theirs });
    else if (outcome.kind === 'refused') await outbox.put({ ...current, state: 'refused', problem: outcome.problem });
  }
  await tx.done;
}

/** The rows as the person sees them: the mirror with what waits on top. */
export function overlay(rows: Row[], waits: Entry[], collection: string): Row[] {
  const byId = new Map(rows.map((r) => [r.id, r]));
  for (const e of waits) {
    if (e.collection !== collection || !e.id) continue;
    if (e.deleted) byId.delete(e.id);
    else byId.set(e.id, { ...byId.get(e.id), ...e.row!, id: e.id });
  }
  return [...byId.values()];
}
