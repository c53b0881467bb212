import assert from 'node:assert/strict';
import { createRxDatabase } from 'rxdb/plugins/core';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { replicate } from './built/rxdb.js';
import { ago, collections as all, halfAYear, losesAnswers, operator, truth, twoPhones, writable } from './world.mjs';

// RxDB without a licence holds fewer collections in a process than two phones
// with all eight have.
const collections = all.filter(name => name !== 'rollers' && name !== 'clinician_events');

const { phones: servers, call } = await twoPhones();
const schema = { version: 0, primaryKey: 'id', type: 'object', properties: { id: { type: 'string', maxLength: 64 } }, required: ['id'] };

async function newPhone(server, n) {
  const db = await createRxDatabase({ name: `phone${n}`, storage: getRxStorageMemory(), multiInstance: false });
  await db.addCollections(Object.fromEntries(collections.map(name => [name, { schema }])));
  const replications = collections.map(name => replicate(db[name], server, { writable: writable.includes(name), batchSize: name === 'progress' ? 100 : 20 }));
  return { db, replications };
}

const phones = await Promise.all(servers.map(newPhone));
const [a, b] = phones.map(p => p.db);

async function rowsOf(db) {
  const rows = {};
  for (const name of collections)
    for (const doc of await db[name].find().exec()) rows[`${name} ${doc.id}`] = doc.toJSON();
  return rows;
}

async function quiet() {
  for (let n = 0; n < 3; n++) for (const p of phones) {
    p.replications.forEach(r => r.reSync());
    for (const r of p.replications) await r.awaitInSync();
  }
  const want = Object.fromEntries(Object.entries(await truth(call, true)).filter(([key]) => collections.includes(key.split(' ')[0])));
  for (const p of phones) assert.deepEqual(await rowsOf(p.db), want);
  return want;
}

await a.reports.insert({ id: 'report-0001', observed_at: ago(20), session_id: 'session-0001', erythema: 1 }); // before its parent
await b.sessions.insert({ id: 'session-0001', started_at: ago(30), ended_at: ago(29.5), needle_mm: 0.5 });
let rows = await quiet();
assert.equal(rows['reports report-0001'].assessment.hours_since_session, 9.5);

const edit = async (db, id, patch) => (await db.reports.findOne(id).exec()).incrementalPatch(patch);
await Promise.all([edit(a, 'report-0001', { itch: 3 }), edit(b, 'report-0001', { pain: 7 })]); // both edit
await quiet();

await edit(a, 'report-0001', { itch: 4 }); // an edit against a delete
await (await b.reports.findOne('report-0001').exec()).remove();
rows = await quiet();
assert.equal(rows['reports report-0001'], undefined);

await b.reports.insert({ id: 'report-0002', observed_at: ago(1), temperature_c: 55, erythema: 2, odour: 'perhaps' }); // out of range
rows = await quiet();
assert.equal(rows['reports report-0002'].temperature_c, 55);
assert.deepEqual(rows['reports report-0002'].flags, ['needs_review:odour', 'needs_review:temperature_c']);

await a.progress.bulkInsert(Array.from({ length: 130 }, (_, n) => ({ id: `progress-${1000 + n}`, on: '2026-11-20', change: n % 3 }))); // pages
rows = await quiet();

losesAnswers(false); // more than a body may hold is halved, which takes many calls
const long = Array.from({ length: 100 }, (_, n) => ({ id: `progress-${2000 + n}`, on: '2026-11-20', change: 0, note: '\u754c'.repeat(4000) }));
await a.progress.bulkInsert(long);
await quiet();
const [progress] = phones[0].replications.filter(r => r.collection === a.progress);
await progress.pause();
for (const { id } of long) await (await a.progress.findOne(id).exec()).incrementalPatch({ change: 1 });
await progress.start();
rows = await quiet();
assert.equal(rows['progress progress-2099'].change, 1);
losesAnswers(true);

await operator('backup');
await a.reports.insert({ id: 'report-0003', observed_at: ago(2), erythema: 1 }); // the backup has it not
await quiet();
await operator('restore');
rows = await quiet();
assert.equal(rows['reports report-0003'].erythema, 1);

for (const r of phones[1].replications) await r.pause(); // offline, while a tombstone comes and is purged
await (await a.reports.findOne('report-0003').exec()).remove();
for (const r of phones[0].replications) { r.reSync(); await r.awaitInSync(); }
await edit(b, 'report-0002', { itch: 6 });
await halfAYear(servers);
for (const r of phones[1].replications) await r.start();
rows = await quiet();
assert.equal(rows['reports report-0003'], undefined);
assert.equal(rows['reports report-0002'].itch, 6);
console.log('the phones agree', Object.keys(rows).length);
process.exit(0);
