import 'fake-indexeddb/auto';
import { beforeEach, expect, it } from 'vitest';
import { database, forget, type Entry } from './db';
import { act, differing, overlay, remove, resolve, save, sendAll, type Outcome } from './outbox';
import { lose, session } from './session';
import type { Row } from './types';

beforeEach(async () => {
  await forget(true);
  session.value = { token: 't', account: 'a', device: 'd' };
});

const queue = async (): Promise<Entry[]> => (await database()).getAll('outbox');
const done: Outcome = { state: 'done' };
/** A transport that answers each entry by itself. */
const each = (answer: (e: Entry) => Outcome | Promise<Outcome>) => async (batch: Entry[]) => {
  const out = new Map<Entry, Outcome>();
  for (const e of batch) out.set(e, await answer(e));
  return out;
};
/** One that notes what goes together. */
const noting = (sent: string[]) => async (batch: Entry[]) => { sent.push(batch.map((e) => e.path ?? e.id).join()); return new Map(batch.map((e) => [e, done])); };
const row = (id: string, over: Partial<Row> = {}): Row => ({ id, ...over });

it('sends rows and acts in the order in which they were written', async () => {
  await save('rollers', row('roller-01'), 'l');
  await act('POST', '/v1/warnings/w/acknowledge', { action: 'seen' }, 'l');
  await save('sessions', row('session-1'), 'l');
  const sent: string[] = [];
  expect(await sendAll(each((e) => { sent.push(e.path ?? e.id!); return done; }))).toBe(true);
  expect(sent).toEqual(['roller-01', '/v1/warnings/w/acknowledge', 'session-1']);
  expect(await queue()).toEqual([]);
});

it('sends rows together, an act after those that were written before it, and answers to reminders after the rows', async () => {
  await save('reports', row('report-1'), 'l');
  await save('reminders', row('remind-1'), 'l');
  await save('sessions', row('session-1'), 'l');
  await act('POST', '/v1/warnings/w/acknowledge', { action: 'seen' }, 'l');
  await save('sessions', row('session-2'), 'l');
  const sent: string[] = [];
  expect(await sendAll(noting(sent))).toBe(true);
  expect(sent).toEqual(['report-1,session-1', 'remind-1', '/v1/warnings/w/acknowledge', 'session-2']);
});

it('says of what the server once had that it is brought back', async () => {
  await save('rollers', row('roller-01', { version: 3 }), 'l');
  await save('rollers', row('roller-02'), 'l');
  expect((await queue()).map((e) => e.base)).toEqual([{ id: 'roller-01', _deleted: true }, undefined]);
});

it('keeps no verdict on what was there before', async () => {
  await (await database()).put('rows', { collection: 'reports', id: 'report-1', row: row('report-1', { pain: 1, assessment: { tier: 'expected' } }) });
  await save('reports', row('report-1', { pain: 8 }), 'l');
  await sendAll(each(() => done));
  expect((await (await database()).get('rows', ['reports', 'report-1']))!.row).toEqual({ id: 'report-1', pain: 8 });
});

it('lets what is not allowed for now hold up nothing but its own place', async () => {
  await act('POST', '/v1/warnings/w/acknowledge', { action: 'seen' }, 'l');
  await remove('reports', row('report-1'), 'l');
  await act('POST', '/v1/warnings/w/acknowledge', { action: 'booked' }, 'l');
  const sent: string[] = [];
  expect(await sendAll(each((e) => { sent.push(e.path ?? e.id!); return e.path ? { state: 'waits' } : done; }))).toBe(false);
  expect(sent).toEqual(['/v1/warnings/w/acknowledge', 'report-1']);
  expect((await queue()).map((e) => e.state)).toEqual(['waits', 'waits']);
});

it('remembers what a row said before, which may have arrived, and sends it on top of that', async () => {
  await save('reports', row('report-1', { pain: 1 }), 'l', row('report-1', { pain: 0, version: 1 }));
  await save('reports', row('report-1', { pain: 2 }), 'l');
  expect((await queue())[0]!.tried).toEqual([{ id: 'report-1', pain: 1 }]);
  await sendAll(each(() => ({ state: 'waits', base: { id: 'report-1', pain: 1, version: 2 } })));
  expect((await queue())[0]).toMatchObject({ state: 'waits', row: { pain: 2 }, base: { version: 2 } });
});

it('names what the person wrote differently, not what the server or the way of writing a time made different', () => {
  const ours = { id: 'a', version: 1, observed_at: '2026-11-08T10:00:00.000Z', pain: 3, systemic: ['chills', 'racing_heart'], note: null, assessment: null, areas: ['crown'] };
  const theirs = { id: 'a', version: 2, observed_at: '2026-11-08T10:00:00Z', pain: 5, systemic: ['racing_heart', 'chills'], assessment: { tier: 'watch' }, areas: ['crown', 'back'], itch: 2 };
  expect(differing(ours, theirs)).toEqual(['pain', 'areas']);
});

it('keeps everything when the network is away', async () => {
  await save('rollers', row('roller-01'), 'l');
  await save('rollers', row('roller-02'), 'l');
  let calls = 0;
  expect(await sendAll(async () => { calls++; return new Map(); })).toBe(false);
  expect([calls, (await queue()).length]).toEqual([1, 2]);
});

it('keeps its rows through a sign-out by the server', async () => {
  await save('rollers', row('roller-01'), 'l');
  await lose('t');
  expect(session.value).toBeNull();
  expect((await queue()).map((e) => [e.id, e.account])).toEqual([['roller-01', 'a']]);
  expect(await sendAll(each(() => done))).toBe(false);
});

it('does not send what another account wrote', async () => {
  await save('rollers', row('roller-01'), 'l');
  session.value = { token: 'u', account: 'b', device: 'e' };
  expect(await sendAll(each(() => { throw new Error('sent'); }))).toBe(true);
  expect(await queue()).toHaveLength(1);
});

it('puts an edit in the place of the one that waits, and keeps what it was made on', async () => {
  await save('rollers', row('roller-01', { name: 'A' }), 'l', row('roller-01', { name: '0', version: 3 }));
  await save('sessions', row('session-1'), 'l');
  await save('rollers', row('roller-01', { name: 'B' }), 'l', row('roller-01', { name: 'A' }));
  const [first, second] = await queue();
  expect([first!.row!.name, first!.base!.version, second!.id]).toEqual(['B', 3, 'session-1']);
});

it('bases an edit of a new row on what may have arrived of it', async () => {
  await save('rollers', row('roller-01', { name: 'A' }), 'l');
  await save('rollers', row('roller-01', { name: 'B' }), 'l');
  expect((await queue())[0]!.base).toEqual({ id: 'roller-01', name: 'A' });
});

it('keeps an edit that was made while the earlier one was sent', async () => {
  await save('rollers', row('roller-01', { name: 'A' }), 'l');
  let times = 0;
  await sendAll(each(async () => {
    times++;
    await new Promise((r) => { setTimeout(r, 2); }); // the clock moves: the edit has another time
    if (times === 1) await save('rollers', row('roller-01', { name: 'B' }), 'l');
    return { state: 'done', row: row('roller-01', { name: 'A', version: 1 }) };
  }));
  const [left] = await queue();
  expect([left!.row!.name, left!.base!.version]).toEqual(['B', 1]);
});

it('offers both versions of a conflict, and lets later rows pass', async () => {
  await save('rollers', row('roller-01', { name: 'A' }), 'l', row('roller-01', { version: 1 }));
  await save('sessions', row('session-1'), 'l');
  const theirs = row('roller-01', { name: 'T', version: 2 });
  const answer = each((e) => (e.id === 'roller-01' && e.base?.version !== 2 ? { state: 'conflict', theirs } : done));
  expect(await sendAll(answer)).toBe(false);
  const [left] = await queue();
  expect([left!.state, left!.theirs!.name]).toEqual(['conflict', 'T']);
  await resolve(left!.n!, 'ours');
  expect(await sendAll(answer)).toBe(true);
});

it('lets theirs stay', async () => {
  await save('rollers', row('roller-01', { name: 'A' }), 'l', row('roller-01', { version: 1 }));
  await sendAll(each(() => ({ state: 'conflict', theirs: row('roller-01', { name: 'T' }) })));
  await resolve((await queue())[0]!.n!, 'theirs');
  expect(await queue()).toEqual([]);
});

it('holds later acts on what was refused, and shows why', async () => {
  await act('POST', '/v1/reminders/r/snooze', {}, 'l');
  await act('POST', '/v1/reminders/r/snooze', {}, 'l');
  await sendAll(each(() => ({ state: 'refused', problem: 'at most 5' })));
  expect((await queue()).map((e) => [e.state, e.problem])).toEqual([['refused', 'at most 5'], ['waits', undefined]]);
});

it('shows what waits on top of the mirror', async () => {
  await save('rollers', row('roller-01', { name: 'new' }), 'l');
  await remove('rollers', row('roller-02'), 'l');
  const seen = overlay([row('roller-01', { name: 'old', uses: 3 }), row('roller-02'), row('roller-03')], await queue(), 'rollers');
  expect(seen).toEqual([{ id: 'roller-01', name: 'new', uses: 3 }, { id: 'roller-03' }]);
});

it('keeps what was taken in the mirror until the feed brings it', async () => {
  await save('rollers', row('roller-01', { name: 'A' }), 'l');
  await sendAll(each(() => ({ state: 'done', row: row('roller-01', { name: 'A', uses: 0 }) })));
  expect((await (await database()).get('rows', ['rollers', 'roller-01']))!.row).toEqual({ id: 'roller-01', name: 'A', uses: 0 });
});
