import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { ago, collections, halfAYear, operator, truth, twoPhones, untilItWorks } from './world.mjs';

const require = createRequire(import.meta.url);
const { Database, Model, appSchema, tableSchema } = require('@nozbe/watermelondb');
const LokiJSAdapter = require('@nozbe/watermelondb/adapters/lokijs').default;
const { sync } = await import('./built/watermelondb.js');

const { phones: servers, call } = await twoPhones();
const s = name => ({ name, type: 'string', isOptional: true }), n = name => ({ name, type: 'number', isOptional: true }), t = name => ({ name, type: 'boolean', isOptional: true });
const columns = {
  rollers: [s('name'), n('needle_mm'), s('notes'), s('flags')],
  sessions: [n('started_at'), n('ended_at'), n('needle_mm'), s('notes'), s('rest'), s('flags')],
  reports: [n('observed_at'), s('session_id'), n('erythema'), n('itch'), n('pain'), s('odour'), n('temperature_c'), s('alarm'), s('assessment'), s('note'), s('flags')],
  clinician_events: [n('at'), s('outcome'), s('episode_id'), s('flags')],
  progress: [s('on'), n('change'), s('note'), s('flags')],
  reminders: [s('kind'), s('state'), n('due_at'), n('acknowledged_at'), n('snoozed_until')],
  episodes: [s('state'), n('onset_at'), s('report_ids')],
  warnings: [s('rule'), s('state'), n('raised_at')],
};
const models = collections.map(table => class extends Model { static table = table; });

function newPhone(_, i) {
  const schema = appSchema({ version: 1, tables: collections.map(name => tableSchema({ name, columns: columns[name] })) });
  const adapter = new LokiJSAdapter({ schema, dbName: `phone${i}`, useWebWorker: false, useIncrementalIndexedDB: false, extraLokiOptions: { autosave: false } });
  return new Database({ adapter, modelClasses: models });
}

const dbs = servers.map(newPhone);
const [a, b] = dbs;

async function rowsOf(db) {
  const rows = {};
  for (const name of collections) for (const r of await db.get(name).query().fetch()) {
    rows[`${name} ${r.id}`] = Object.fromEntries(columns[name].map(c => [c.name, r._raw[c.name] ?? null]));
  }
  return rows;
}

/** The truth, flattened as the phones have it. */
async function flat() {
  const rows = await truth(call, true);
  for (const key of Object.keys(rows)) {
    const [name] = key.split(' ');
    rows[key] = Object.fromEntries(columns[name].map(c => {
      let v = rows[key][c.name] ?? null;
      if (v !== null && c.type === 'number' && typeof v === 'string') v = Date.parse(v);
      if (v !== null && typeof v === 'object') v = JSON.stringify(v);
      return [c.name, v];
    }));
  }
  return rows;
}

async function quiet() {
  for (let k = 0; k < 2; k++) for (const [i, db] of dbs.entries()) await untilItWorks(() => sync(db, servers[i]));
  const want = await flat();
  for (const db of dbs) {
    const got = await rowsOf(db);
    for (const rows of [got, want]) for (const r of Object.values(rows)) if (r.assessment?.startsWith('{')) r.assessment = JSON.parse(r.assessment).rule; // its texts stand in another order
    assert.deepEqual(got, want);
  }
  return want;
}

const write = (db, fn) => db.write(fn);
const create = (db, table, id, fields) => write(db, () => db.get(table).create(r => { r._raw.id = id; Object.assign(r._raw, fields); }));
const edit = (db, id, fields) => write(db, async () => (await db.get('reports').find(id)).update(r => { for (const [k, v] of Object.entries(fields)) r._setRaw(k, v); }));
const at = h => Date.parse(ago(h));

await create(a, 'reports', 'report-0001', { observed_at: at(20), session_id: 'session-0001', erythema: 1 }); // before its parent
await create(b, 'sessions', 'session-0001', { started_at: at(30), ended_at: at(29.5), needle_mm: 0.5 });
await quiet();

await edit(a, 'report-0001', { itch: 3 }); // both edit: WatermelonDB merges by columns
await edit(b, 'report-0001', { pain: 7 });
let rows = await quiet();
assert.deepEqual([rows['reports report-0001'].itch, rows['reports report-0001'].pain], [3, 7]);

await edit(a, 'report-0001', { itch: 4 }); // an edit against a delete
await write(b, async () => (await b.get('reports').find('report-0001')).markAsDeleted());
await quiet();

await create(b, 'reports', 'report-0002', { observed_at: at(1), temperature_c: 55, erythema: 2, odour: 'perhaps' }); // out of range
rows = await quiet();
assert.equal(rows['reports report-0002'].temperature_c, 55);
assert.equal(rows['reports report-0002'].flags, '["needs_review:odour","needs_review:temperature_c"]');

for (let k = 0; k < 40; k++) await create(a, 'progress', `progress-${1000 + k}`, { on: '2026-11-20', change: k % 3 });
await quiet();
await write(b, () => b.adapter.setLocal('__watermelon_last_pulled_at', String(1 << 30))); // a cursor that the account has not come to
rows = await quiet();

await operator('backup');
await create(a, 'reports', 'report-0003', { observed_at: at(2), erythema: 1 }); // the backup has it not
await quiet();
await operator('restore');
rows = await quiet();
assert.equal(rows['reports report-0003'].erythema, 1);

await write(a, async () => (await a.get('reports').find('report-0003')).markAsDeleted()); // its tombstone is purged before the other phone hears of it
await untilItWorks(() => sync(a, servers[0]));
await edit(b, 'report-0002', { itch: 6 });
await halfAYear(servers);
rows = await quiet();
assert.equal(rows['reports report-0003'], undefined);
assert.equal(rows['reports report-0002'].itch, 6);
console.log('the phones agree', Object.keys(rows).length);
process.exit(0);
