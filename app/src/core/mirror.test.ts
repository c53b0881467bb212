import 'fake-indexeddb/auto';
import { beforeEach, expect, it } from 'vitest';
import { database, forget, get } from './db';
import { pull } from './mirror';
import { save } from './outbox';

beforeEach(() => forget(true));

const change = (seq: number, id: string, deleted = false) => ({ seq, collection: 'rollers', id, deleted, row: deleted ? null : { id, seq } });
const ids = async (): Promise<string[]> => (await (await database()).getAll('rows')).map((k) => k.id);

it('reads page by page and goes on from where it was', async () => {
  const asked: number[] = [];
  const pages = [{ changes: [change(2, 'roller-01'), change(3, 'roller-02')], next: 3, more: true }, { changes: [change(4, 'roller-01', true)], next: 4, more: false }];
  await pull(async (since) => { asked.push(since); return pages.shift()!; });
  expect([asked, await ids(), await get('cursor')]).toEqual([[0, 3], ['roller-02'], 4]);
});

it('starts anew when its place is too old, and keeps the outbox', async () => {
  await pull(async () => ({ changes: [change(2, 'roller-01'), change(3, 'roller-02')], next: 3, more: false }));
  await save('rollers', { id: 'roller-03' }, 'l');
  await pull(async (since) => (since === 3 ? 'expired' : { changes: [change(9, 'roller-02')], next: 9, more: false }));
  expect([await ids(), (await (await database()).getAll('outbox')).length]).toEqual([['roller-02'], 1]);
});

it('leaves out collections that it does not know', async () => {
  await pull(async () => ({ changes: [{ ...change(2, 'x'), collection: 'moons' }], next: 2, more: false }));
  expect(await ids()).toEqual([]);
});
