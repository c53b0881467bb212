// The outbox: everything the person wrote that the server does not have yet, in
// the order in which it was written. It is visible, survives restarts and a
// sign-out by the server, and one tab at a time sends it.
import { computed, effect, signal } from './signal';
import { changed, database, tell, type Entry, type Theirs } from './db';
import { account as person, session } from './session';
import type { Row, Writable } from './types';

/** What waits, of this account, in sending order. */
export const entries = computed(() => kept.value.filter((e) => e.account === mine()));
const kept = signal<Entry[]>([]);
/** The server keeps nothing: the consent is missing. */
export const unconsented = signal(false);
export const waitingCount = computed(() => entries.value.length);

const mine = (): string => session.value?.account ?? person.value?.id ?? '';

export async function readOutbox(): Promise<void> {
  kept.value = await (await database()).getAll('outbox');
}

effect(() => {
  if (changed.value) void readOutbox();
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
const gone = (id: string): Theirs => ({ id, _deleted: true });

async function queueRow(next: Pick<Entry, 'collection' | 'id' | 'row' | 'base' | 'deleted' | 'label'>): Promise<void> {
  const tx = (await database()).transaction(['outbox', 'kv'], 'readwrite');
  const [outbox, account] = [tx.objectStore('outbox'), mine()];
  const all = await outbox.getAll();
  const earlier = all.find((e) => e.account === account && e.collection === next.collection && e.id === next.id);
  if (earlier) {
    // Without a base it is new here; but the earlier one may have arrived, its answer lost.
    await outbox.put({ ...earlier, base: earlier.base ?? earlier.row, tried: [...(earlier.tried ?? []), earlier.row!], row: next.row, deleted: next.deleted, label: next.label, at: now(), state: 'waits', problem: undefined });
  } else {
    // What the server once had and the mirror has no more is brought back from a deletion.
    const base = next.base ?? (next.row?.version ? gone(next.id!) : undefined);
    await outbox.add({ ...next, base, since: Number(await tx.objectStore('kv').get('cursor') ?? 0), account, at: now(), state: 'waits' });
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

/**
 * What the server said to an entry: taken, with the row as the server has it now, where the answer holds it;
 * or what the entry is from now on. One that waits is not allowed for now, or is to be sent again, on top of what has turned out to be there.
 */
export type Outcome = { state: 'done'; row?: Row } | Pick<Entry, 'state' | 'base' | 'theirs' | 'problem'>;

/** Sends rows, or one act. What has no outcome waits: no network, no token, or a server with too much to do. */
export type Transport = (batch: Entry[]) => Promise<Map<Entry, Outcome>>;

/** Sends what waits, in order, until something has to wait; true if all is gone. */
export async function sendAll(transport: Transport): Promise<boolean> {
  const account = session.peek()?.account;
  if (!account) return false;
  const sent = new Set<number>();
  for (;;) {
    const all = (await (await database()).getAll('outbox')).filter((e) => e.account === account);
    const batch = nextBatch(all, sent);
    if (batch.length === 0) return all.length === 0;
    batch.forEach((e) => sent.add(e.n!));
    const outcomes = await transport(batch);
    await settle(outcomes);
    if (outcomes.size < batch.length) return false;
    tell();
  }
}

const place = (e: Entry): string => `${e.collection ?? e.path}/${e.id ?? ''}`;
const most = 500;

/**
 * What goes next. A push is judged once, so rows go together; after them the answers to
 * reminders, which are read in their light. An act goes alone, after the rows that
 * were written before it. Nothing overtakes what stays in the same place.
 */
function nextBatch(all: Entry[], sent: Set<number>): Entry[] {
  const blocked = new Set<string>();
  const free = all.filter((e) => {
    if (e.state === 'waits' && !blocked.has(place(e)) && !sent.has(e.n!)) return true;
    blocked.add(place(e));
    return false;
  });
  const act = free.findIndex((e) => !e.collection);
  if (act === 0) return free.slice(0, 1);
  const before = act < 0 ? free : free.slice(0, act);
  const rows = before.filter((e) => e.collection !== 'reminders');
  return (rows.length ? rows : before).slice(0, most);
}

/** Records the outcomes; an edit made while it was sent is kept, on top of what was sent. */
async function settle(outcomes: Map<Entry, Outcome>): Promise<void> {
  const tx = (await database()).transaction(['outbox', 'rows'], 'readwrite');
  const [outbox, rows] = [tx.objectStore('outbox'), tx.objectStore('rows')];
  for (const [sent, outcome] of outcomes) {
    const current = await outbox.get(sent.n!);
    const done = outcome.state === 'done' && outcome;
    if (done && sent.collection) {
      const key: [string, string] = [sent.collection, sent.id!];
      // The verdict on what was there before is none on what was sent: the feed brings it.
      if (sent.deleted) await rows.delete(key);
      else await rows.put({ collection: sent.collection, id: sent.id!, row: { ...(await rows.get(key))?.row, ...sent.row, assessment: undefined, ...done.row, id: sent.id! } });
    }
    if (!current) continue;
    if (done && current.at === sent.at) await outbox.delete(sent.n!);
    else await outbox.put({ ...current, ...(done ? { base: sent.deleted ? gone(sent.id!) : (done.row ?? sent.row) } : (outcome as Entry)) });
  }
  await tx.done;
}

/** Set by the server or by each phone: no version of the person's. */
const unspoken = new Set(['id', 'version', 'flags', 'created_at', 'updated_at', 'effective_at', 'assessment', 'advisories', 'rest', 'needle_mm_used', 'warning_ids', 'episode_id', 'session_id', 'uses', 'state', 'replace_by', 'quarantined_by']);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(plain(a)) === JSON.stringify(plain(b));
const plain = (v: unknown): unknown => (v === undefined || v === null || v === '' ? null : Array.isArray(v) ? [...v].sort() : typeof v === 'string' && /^\d{4}-\d\d-\d\dT/.test(v) ? Date.parse(v) : v);

/** The fields that our version says differently; those that it does not name stay as they are. */
export function differing(ours: Row, theirs: Row): string[] {
  return Object.keys(ours).filter((f) => !unspoken.has(f) && !same(ours[f], theirs[f]));
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
