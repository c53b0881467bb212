import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { database, forgetful, type Database } from './db';
import { memory } from './memory';

/** What the app does with its stores, and what each call answers. */
async function use(db: Database): Promise<unknown[]> {
  const said: unknown[] = [];
  await db.put('kv', { token: 't' }, 'session');
  await db.put('kv', 3, 'cursor');
  said.push(await db.get('kv', 'session'), await db.get('kv', 'none'), (await db.getAllKeys('kv')).sort());
  const row = { collection: 'reports' as const, id: 'r', row: { id: 'r', pain: 1 } };
  await db.put('rows', row);
  row.row.pain = 9; // what is kept is a copy
  const tx = db.transaction(['outbox', 'rows'], 'readwrite');
  said.push(await tx.objectStore('rows').get(['reports', 'r']));
  await tx.objectStore('outbox').add({ account: 'a', at: '1', state: 'waits' });
  await tx.objectStore('outbox').add({ account: 'a', at: '2', state: 'waits' });
  await tx.done;
  const [first] = await db.getAll('outbox');
  await db.put('outbox', { ...first!, at: '3' });
  said.push(await db.getAll('outbox'), await db.get('outbox', 2), await db.count('outbox'));
  await db.delete('outbox', 1);
  const sweep = db.transaction('rows', 'readwrite');
  for (const key of await sweep.store.getAllKeys()) await sweep.store.delete(key);
  await sweep.done;
  said.push(await db.getAll('outbox'), await db.count('rows'));
  return said;
}

it('answers as the database does', async () => {
  const real = await use(await database());
  expect(forgetful.value).toBe(false);
  expect(await use(memory() as Database)).toEqual(real);
  expect(real).toContainEqual({ collection: 'reports', id: 'r', row: { id: 'r', pain: 1 } });
});
