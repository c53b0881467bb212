// Sends what waits, then reads what changed: one tab at a time.
import { signal } from './signal';
import { offlineSince, send, Unreachable } from './api';
import type { Entry } from './db';
import { pull } from './mirror';
import { sendAll, type Outcome } from './outbox';
import { ask } from './rest';
import { session } from './session';
import type { Row } from './types';

export const lastSync = signal<Date | undefined>(undefined);

/** How an entry goes to the server: rows by their collection, acts as calls. */
export async function transport(entry: Entry): Promise<Outcome> {
  try {
    return entry.collection ? await pushRow(entry) : await pushAct(entry);
  } catch (e) {
    if (e instanceof Unreachable) return { kind: 'stop' };
    throw e;
  }
}

/** A row goes by its own PUT or DELETE, which names the version that was edited. */
async function pushRow(entry: Entry): Promise<Outcome> {
  const path = `/v1/${entry.collection!.replace('_', '-')}/${entry.id}`;
  const match = entry.base?.version === undefined ? undefined : `"v${entry.base.version}"`;
  const { response: { status }, body } = await send(entry.deleted ? 'DELETE' : 'PUT', path, entry.deleted ? undefined : entry.row, match);
  if (status === 412) return { kind: 'conflict', theirs: (body as { current?: Row } | undefined)?.current ?? { id: entry.id!, _deleted: true } };
  if (status === 404 && match) return { kind: 'conflict', theirs: { id: entry.id!, _deleted: true } };
  if (status < 300 && body) return { kind: 'done', row: body as Row };
  return outcome(status, body);
}

async function pushAct(entry: Entry): Promise<Outcome> {
  const { response: { status }, body } = await send(entry.method!, entry.path!, entry.body);
  return outcome(status, body);
}

/** What a status means to the queue. Nothing is ever dropped because a server was busy. */
function outcome(status: number, body: unknown): Outcome {
  if (status < 300) return { kind: 'done' };
  if (status === 401 || status === 403 || status === 429 || status >= 500) return { kind: 'stop' };
  const problem = (body ?? {}) as { detail?: string; errors?: { location: string; message: string }[] };
  const fields = problem.errors?.map((e) => `${e.location.replace(/^body\./, '')}: ${e.message}`).join('; ');
  return { kind: 'refused', problem: fields || problem.detail || String(status) };
}

const lockName = 'aftercare-sync';

/** Runs only in the tab that holds the lock; the others are told of its writes. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request(lockName, work);
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
      if (!(e instanceof Unreachable) && session.peek()) console.warn('reading changes failed', e instanceof Error ? e.message : '');
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

