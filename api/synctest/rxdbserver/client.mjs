// The client of rxdb-server, without any adapter.
import assert from 'node:assert/strict';
import { createRxDatabase } from 'rxdb/plugins/core';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { replicateServer } from 'rxdb-server/plugins/replication-server';
import EventSource from 'eventsource';
import { ago, base, truth, twoPhones } from '../world.mjs';

const { phones: servers, call } = await twoPhones();
const schema = { version: 0, primaryKey: 'id', type: 'object', properties: { id: { type: 'string', maxLength: 64 } }, required: ['id'] };
const names = ['sessions', 'reports'];

const phones = await Promise.all(servers.map(async (server, n) => {
  const db = await createRxDatabase({ name: `phone${n}`, storage: getRxStorageMemory(), multiInstance: false });
  await db.addCollections(Object.fromEntries(names.map(name => [name, { schema }])));
  const replications = names.map(name => replicateServer({
    collection: db[name], replicationIdentifier: `${base}/${name}`, url: `${base}/v1/sync/${name}`,
    headers: server.headers(), eventSource: EventSource, push: {}, pull: {}, live: true, retryTime: 200,
  }));
  return { db, replications };
}));
const [a, b] = phones.map(p => p.db);

const rowsOf = async db => {
  const rows = {};
  for (const name of names) for (const doc of await db[name].find().exec()) rows[`${name} ${doc.id}`] = doc.toJSON();
  return rows;
};
const same = (x, y) => { try { assert.deepEqual(x, y); return true; } catch { return false; } };

/** What one phone writes reaches the other through the stream. */
async function agree() {
  for (let n = 0; ; n++) {
    for (const p of phones) for (const r of p.replications) await r.awaitInSync();
    const want = Object.fromEntries(Object.entries(await truth(call, true)).filter(([key]) => names.includes(key.split(' ')[0])));
    const got = await Promise.all(phones.map(p => rowsOf(p.db)));
    if (got.every(rows => same(rows, want))) return want;
    if (n > 200) assert.deepEqual(got, [want, want]);
    await new Promise(r => setTimeout(r, 50)); // the stream is on its way
  }
}

for (const p of phones) for (const r of p.replications) await r.awaitInitialReplication();
await a.reports.insert({ id: 'report-0001', observed_at: ago(20), session_id: 'session-0001', erythema: 1 });
await b.sessions.insert({ id: 'session-0001', started_at: ago(30), ended_at: ago(29.5), needle_mm: 0.5 });
let rows = await agree();
assert.equal(rows['reports report-0001'].assessment.hours_since_session, 9.5);
await (await b.reports.findOne('report-0001').exec()).incrementalPatch({ itch: 3 });
rows = await agree();
await (await a.reports.findOne('report-0001').exec()).remove();
rows = await agree();
assert.equal(rows['reports report-0001'], undefined);
console.log('the phones agree', Object.keys(rows).length);
process.exit(0);
