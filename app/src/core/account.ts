// What the person sets: it shows at once, waits in the outbox like everything
// else that was written, and can be taken back.
import { api, need } from './api';
import { act, entries } from './outbox';
import { account, keepAccount, session } from './session';
import { sync } from './sync';
import type { Account } from './types';

const path = '/v1/account';

/** What can be set: names and forms of PATCH /v1/account. */
export type Settings = Partial<Pick<Account, 'locale' | 'region' | 'time_zone' | 'reminder_time' | 'lock_screen' | 'quiet_hours' | 'notify'>>;

/** Sets; the answer takes it back again. */
export async function set(next: Settings): Promise<() => Promise<void>> {
  const before = account.peek();
  if (!before) return async () => undefined;
  await keepAccount({ ...before, ...next });
  await act('PATCH', path, next, 'more.entry');
  void sync();
  const back = Object.fromEntries(Object.keys(next).map((key) => [key, before[key as keyof Account]])) as Settings;
  return async () => { await set(back); };
}

/** Reads what was set on another phone; what waits here goes first. */
export async function readAccount(): Promise<void> {
  if (!session.peek()) return;
  await sync();
  if (entries.peek().some((e) => e.path === path)) return;
  try {
    await keepAccount(await need(api.GET('/v1/account')));
  } catch { /* what is kept serves */ }
}
