// Sends what waits, then reads what changed: one tab at a time.
import { signal } from './signal';
import { offlineSince, send, Unreachable } from './api';
import { get, put, type Entry, type Theirs } from './db';
import { pull } from './mirror';
import { differing, sendAll, unconsented, type Outcome } from './outbox';
import { ask, live } from './rest';
import { session } from './session';
import { collections, isOpen, type Reminder } from './types';

export const lastSync = signal<Date | undefined>(undefined);

type Outcomes = Map<Entry, Outcome>;

/** How entries go to the server: rows by its sync, acts as calls. */
export async function transport(batch: Entry[]): Promise<Outcomes> {
  live.value = undefined; // what was answered before it counts no more
  const out: Outcomes = new Map();
  const [first] = batch as [Entry];
  try {
    if (!first.collection) {
      const { response: { status }, body } = await send(first.method!, first.path!, first.body);
      note(out, batch, status, body);
    } else if (first.collection === 'reminders') await pushRows(batch, out);
    else await pushAll(batch, out);
  } catch (e) {
    if (!(e instanceof Unreachable)) throw e;
  }
  return out;
}

/**
 * Each push has a higher number than those before, also of other tabs: one that a proxy delivers late changes nothing.
 * Where the server has seen a higher one, it goes again beyond that.
 */
async function push(path: string, body: unknown, seen = 0): ReturnType<typeof send> {
  const number = Math.max(seen, (await get<number>('pushes')) ?? 0, Date.now()) + 1;
  await put('pushes', number);
  const answer = await send('POST', `/v1/sync${path}`, body, { 'Push-Number': `${number}` });
  const { current } = (answer.body ?? {}) as { current?: number };
  return current ? push(path, body, current) : answer;
}

/**
 * All in one transaction, which is judged once: a check-in finds the session that it
 * follows, and the step that it answers. Stored whole or, where another phone has
 * edited one of the rows since, not at all: then what is new goes so, and after it the edits, each by itself.
 */
async function pushAll(batch: Entry[], out: Outcomes): Promise<void> {
  const tables: Record<string, { updated: unknown[]; deleted: string[] }> = {};
  for (const e of batch) {
    const table = tables[e.collection!] ??= { updated: [], deleted: [] };
    if (e.deleted) table.deleted.push(e.id!); else table.updated.push(e.row);
  }
  const { response: { status }, body } = await push(`?last_pulled_at=${Math.min(...batch.map((e) => e.since ?? 0))}`, tables);
  const deletions = batch.filter((e) => e.deleted);
  if (status === 403 && deletions.length < batch.length) { // without the consent nothing is written, but erasing needs none
    if (deletions.length) await pushAll(deletions, out);
    batch = batch.filter((e) => !e.deleted);
  }
  if (![400, 409, 413, 422].includes(status)) return note(out, batch, status, body);
  const known = batch.filter((e) => e.base?.version || e.base?._deleted);
  const single = status === 409 && known.length ? known : batch;
  const rest = batch.filter((e) => !single.includes(e));
  if (rest.length) await pushAll(rest, out); // an edit of long ago is judged with what came after it
  for (const c of collections) await pushRows(single.filter((e) => e.collection === c), out);
}

/** Each row of a collection goes with the one that the edit was made on; the answer holds those that others were faster with. */
async function pushRows(batch: Entry[], out: Outcomes): Promise<void> {
  if (batch.length === 0) return;
  const edits = batch.map((e) => ({ assumedMasterState: e.base, newDocumentState: e.deleted ? { id: e.id, _deleted: true } : e.row }));
  const { response: { status }, body } = await push(`/${batch[0]!.collection}/push`, edits);
  if (status === 200) {
    const theirs = new Map((body as Theirs[]).map((d) => [d.id, d]));
    for (const e of batch) out.set(e, compared(e, theirs.get(e.id!)));
  } else if (batch.length > 1 && [400, 413, 422].includes(status)) { // too much at once, or one that is no push: the others shall not wait for it
    const half = batch.length >> 1;
    await pushRows(batch.slice(0, half), out);
    await pushRows(batch.slice(half), out);
  } else note(out, batch, status, body);
}

/**
 * No person is asked to choose between two versions of their own: what they wrote before may have arrived,
 * under a sign-in that is over. Nor about a reminder: one that is over is over; else this phone's answer came to nothing. */
function compared(entry: Entry, theirs: Theirs | undefined): Outcome {
  if (!theirs) return { state: 'done' };
  if (entry.tried?.some((row) => !theirs._deleted && !differing(row, theirs).length)) return { state: 'waits', base: theirs };
  if (entry.collection !== 'reminders') return { state: 'conflict', theirs };
  return isOpen(theirs as unknown as Reminder) ? { state: 'refused' } : { state: 'done', row: theirs };
}

/** What a status means to the queue. Nothing is ever dropped because a server was busy. */
function note(out: Outcomes, batch: Entry[], status: number, body: unknown): void {
  if (status === 401 || status === 429 || status >= 500) return;
  unconsented.value = status === 403;
  const problem = (body ?? {}) as { detail?: string; errors?: { location: string; message: string }[] };
  const fields = problem.errors?.map((e) => `${e.location.replace(/^body\./, '')}: ${e.message}`).join('; ');
  const outcome: Outcome = status < 300 ? { state: 'done' } : status === 403 ? { state: 'waits' } : { state: 'refused', problem: fields || problem.detail || `${status}` };
  for (const e of batch) out.set(e, outcome);
}

const lockName = 'aftercare-sync';

/** Runs only in the tab that holds the lock; the others are told of its writes. */
async function alone(work: () => Promise<void>): Promise<void> {
  await (navigator.locks ? navigator.locks.request(lockName, work) : work());
}

let running: Promise<void> | undefined;
let again = false;

/** Sends and reads; a call during a run makes it run once more. */
export function sync(): Promise<void> {
  again = true;
  running ??= (async () => {
    try {
      while (again) {
        again = false;
        await round();
      }
    } finally {
      running = undefined;
    }
  })();
  return running;
}

async function round(): Promise<void> {
  if (!session.peek()) return;
  await alone(async () => {
    await sendAll(transport);
    try {
      await pull();
      lastSync.value = new Date();
    } catch (e) {
      if (!(e instanceof Unreachable) && session.peek()) console.warn('reading changes failed', e);
    }
  });
  await ask();
}

const every = 60_000;

/** Keeps the phone current while the app is open. */
export function keepInStep(): void {
  addEventListener('online', () => void sync());
  addEventListener('offline', () => { offlineSince.value ??= new Date(); });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void sync(); });
  setInterval(() => { if (document.visibilityState === 'visible') void sync(); }, every);
  if (!navigator.onLine) offlineSince.value ??= new Date();
}

