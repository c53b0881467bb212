import 'fake-indexeddb/auto';
import { beforeEach, expect, it, vi } from 'vitest';
import { forget, type Entry } from './db';
import { live } from './rest';
import { session } from './session';
import { unconsented } from './outbox';
import { transport } from './sync';
import type { Rest } from './types';

interface Edit { assumedMasterState?: unknown; newDocumentState: { id: string } }
interface Sent { url: string; body: Edit[]; number: number }
let sent: Sent[];

/** A server that answers by what it is sent. */
function serve(answer: (s: Sent) => [number, unknown]): void {
  sent = [];
  vi.stubGlobal('location', { origin: 'http://test' });
  vi.stubGlobal('fetch', async (request: Request) => {
    const call = { url: request.url.replace('http://test', ''), body: await request.json(), number: Number(request.headers.get('Push-Number')) } as Sent;
    sent.push(call);
    const [status, body] = answer(call);
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  });
}

const entry = (id: string, over: Partial<Entry> = {}): Entry => ({ account: 'a', at: '', state: 'waits', collection: 'reports', id, row: { id, pain: 2 }, ...over });
/** What became of each; undefined: it waits. */
const outcomes = async (...batch: Entry[]) => { const out = await transport(batch); return batch.map((e) => out.get(e)); };
const kinds = async (...batch: Entry[]) => (await outcomes(...batch)).map((o) => o?.state);

beforeEach(async () => {
  await forget(true);
  session.value = { token: 't', account: 'a', device: 'd' };
});

const base = { id: 'report-02', pain: 1, version: 1 };
const pushes = (over: [number, unknown]) => ({ url, body }: Sent): [number, unknown] => (url.startsWith('/v1/sync?') ? over : [200, body.filter((d) => d.newDocumentState.id === 'report-02').map(() => ({ id: 'report-02', pain: 9 }))]);

it('sends all rows in one transaction, from where the feed was read to', async () => {
  serve(() => [200, null]);
  expect(await kinds(entry('report-01', { since: 7 }), entry('session-1', { collection: 'sessions', since: 5 }), entry('report-02', { base, deleted: true, since: 9 }))).toEqual(['done', 'done', 'done']);
  expect(sent).toMatchObject([{ url: '/v1/sync?last_pulled_at=5', body: {
    reports: { updated: [{ id: 'report-01', pain: 2 }], deleted: ['report-02'] }, sessions: { updated: [{ id: 'session-1', pain: 2 }], deleted: [] },
  } }]);
});

it('numbers its pushes, each higher than those before, whatever the clock says then', async () => {
  serve(() => [200, []]);
  vi.useFakeTimers({ toFake: ['Date'], now: 5_000_000 });
  await transport([entry('report-01')]);
  vi.setSystemTime(4_000_000);
  await transport([entry('report-02')]);
  await transport([entry('remind-1', { collection: 'reminders' })]);
  vi.setSystemTime(6_000_000);
  await transport([entry('report-03')]);
  vi.useRealTimers();
  expect(sent.map((s) => s.number)).toEqual([5_000_001, 5_000_002, 5_000_003, 6_000_001]);
});

it('goes on from the number that the server has seen', async () => {
  const seen = Date.now() * 2;
  serve(({ number }) => (number > seen ? [200, []] : [409, { code: 'sync-conflict', current: seen }]));
  expect(await kinds(entry('report-01'))).toEqual(['done']);
  expect(await kinds(entry('remind-1', { collection: 'reminders' }))).toEqual(['done']);
  expect(sent.map((s) => s.number - seen).slice(1)).toEqual([1, 2]);
});

it('asks row by row where another phone was faster with one, after what is new in one transaction', async () => {
  let first = true;
  serve((s) => { const answer = pushes([first ? 409 : 200, null])(s); first = false; return answer; });
  expect(await outcomes(entry('report-01'), entry('report-02', { base }), entry('report-03', { base: { id: 'report-03', _deleted: true } })))
    .toEqual([{ state: 'done' }, { state: 'conflict', theirs: { id: 'report-02', pain: 9 } }, { state: 'done' }]);
  expect(sent.map((s) => s.url)).toEqual(['/v1/sync?last_pulled_at=0', '/v1/sync?last_pulled_at=0', '/v1/sync/reports/push']);
  expect(sent[2]!.body).toEqual([
    { assumedMasterState: base, newDocumentState: { id: 'report-02', pain: 2 } },
    { assumedMasterState: { id: 'report-03', _deleted: true }, newDocumentState: { id: 'report-03', pain: 2 } },
  ]);
});

it('lets one that is no push hold up no other', async () => {
  serve(({ url, body }) => (url.startsWith('/v1/sync?') || body.some((d) => d.newDocumentState.id === 'bad') ? [422, { detail: 'no id' }] : [200, []]));
  expect(await outcomes(...['report-01', 'report-02', 'bad', 'report-04'].map((id) => entry(id))))
    .toEqual([{ state: 'done' }, { state: 'done' }, { state: 'refused', problem: 'no id' }, { state: 'done' }]);
});

it('sends less at once where it was too much', async () => {
  serve(({ url, body }) => (url.startsWith('/v1/sync?') || body.length > 2 ? [413, {}] : [200, []]));
  expect(await kinds(...[1, 2, 3, 4].map((n) => entry(`report-0${n}`)))).toEqual(['done', 'done', 'done', 'done']);
  expect(sent.slice(1).map((s) => s.body.length)).toEqual([4, 2, 2]);
});

it.each([401, 429, 500, 503])('keeps everything at %d', async (status) => {
  serve(() => [status, {}]);
  expect(await kinds(entry('report-01'), entry('report-02'))).toEqual([undefined, undefined]);
});

it('deletes without the consent that writing needs', async () => {
  serve(({ body }) => ((body as unknown as { reports: { updated: unknown[] } }).reports.updated.length ? [403, { code: 'consent-required' }] : [200, null]));
  expect(await kinds(entry('report-01'), entry('report-02', { base, deleted: true }), entry('report-03', { base }))).toEqual(['waits', 'done', 'waits']);
  expect(await kinds(entry('report-01'), entry('report-03', { base }))).toEqual(['waits', 'waits']);
  expect(sent.length).toBe(3);
  expect(unconsented.value, 'the outbox says why').toBe(true);
  serve(() => [200, null]);
  await kinds(entry('report-01'));
  expect(unconsented.value).toBe(false);
});

it('asks nobody about a reminder: over is over, and an answer that came to nothing is shown', async () => {
  serve(() => [200, [{ id: 'over-0001', state: 'expired' }, { id: 'open-0001', state: 'sent' }]]);
  const of = (id: string) => entry(id, { collection: 'reminders', row: { id, state: 'snoozed' } });
  expect(await kinds(of('over-0001'), of('open-0001'), of('fine-0001'))).toEqual(['done', 'refused', 'done']);
});

it('offers nobody two versions of their own: an earlier one arrived, and its answer was lost', async () => {
  const theirs = { id: 'report-02', pain: 9 };
  serve(pushes([409, {}]));
  const edited = (...tried: number[]) => entry('report-02', { base, tried: tried.map((pain) => ({ id: 'report-02', pain })) });
  expect(await outcomes(edited(9, 3))).toEqual([{ state: 'waits', base: theirs }]);
  expect(await outcomes(edited(3))).toEqual([{ state: 'conflict', theirs }]);
});

it('lets no go-ahead from before a write stand', async () => {
  serve(() => [200, []]);
  live.value = { rest: { state: 'ready' } as Rest, at: Date.now() };
  await transport([entry('report-01')]);
  expect(live.value).toBeUndefined();
});
