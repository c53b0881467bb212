// Who is signed in on this phone. The token is kept in IndexedDB, never in a
// cookie, and goes to no address but our own.
import { signal } from './signal';
import { database, forget, get, ofPerson, put, read, tell } from './db';
import { local } from './local';
import type { Account } from './types';

export interface Session { token: string; account: string; device: string }

/** undefined until it was read, null when nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);
export const account = ofPerson<Account | undefined>(undefined);
/** Set when the server no longer knows the token: what waits is kept. */
export const signedOut = signal(false);

export async function restore(): Promise<void> {
  const [person, now, out] = await read<[Account, Session, boolean]>('account', 'session', 'signed-out');
  account.value = person;
  session.value = now ?? null;
  signedOut.value = out ?? false;
}

/** Begins with a token. Another account than before starts with an empty mirror. */
export async function begin(next: { token: string; account: Account; device: { id: string } }): Promise<void> {
  const before = await get<string>('last-account');
  if (before !== undefined && before !== next.account.id) await forget(false);
  session.value = { token: next.token, account: next.account.id, device: next.device.id };
  account.value = next.account;
  signedOut.value = false;
  await put('session', session.value);
  await put('account', next.account);
  await put('last-account', next.account.id);
  await put('signed-out', undefined);
  local.known = '1';
  tell();
}

export async function keepAccount(next: Account): Promise<void> {
  account.value = next;
  await put('account', next);
}

/** The server refused the token: sign out here, and keep the diary and the outbox. */
export async function lose(token: string): Promise<void> {
  if (session.peek()?.token !== token) return; // an answer to an older token
  session.value = null;
  signedOut.value = true;
  await put('session', undefined);
  await put('signed-out', true);
  tell();
}

/** The person signs out or erases: nothing of theirs stays on the phone. */
export async function end(): Promise<void> {
  session.value = null;
  signedOut.value = false;
  delete local.known;
  await forget(true);
}

/** What waits, of whom: for the question before signing out. */
export async function waiting(): Promise<number> {
  return (await database()).count('outbox');
}
