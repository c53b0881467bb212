import assert from 'node:assert/strict';
import { Phone } from './built/loop.js';
import { ago, halfAYear, operator, truth, twoPhones, untilItWorks } from './world.mjs';

const { phones, call } = await twoPhones();
const [a, b] = phones.map(s => new Phone(s));
const quiet = async () => {
  for (let n = 0; n < 2; n++) for (const p of [a, b]) await untilItWorks(() => p.sync());
  const want = await truth(call, true);
  for (const p of [a, b]) assert.deepEqual(p.rows, want);
};

a.edit('reports', 'report-0001', { observed_at: ago(20), session_id: 'session-0001', erythema: 1 }); // before its parent
b.edit('sessions', 'session-0001', { started_at: ago(30), ended_at: ago(29.5), needle_mm: 0.5 });
await quiet();
assert.equal(a.rows['reports report-0001'].assessment.hours_since_session, 9.5);

a.edit('reports', 'report-0001', { ...a.rows['reports report-0001'], itch: 3 }); // both edit: one wins on both
b.edit('reports', 'report-0001', { ...b.rows['reports report-0001'], itch: 7 });
await quiet();
assert.equal(a.rows['reports report-0001'].itch, 3);

a.edit('reports', 'report-0001', { ...a.rows['reports report-0001'], itch: 4 }); // an edit against a delete
b.edit('reports', 'report-0001', null);
await quiet();
assert.equal(a.rows['reports report-0001'], undefined);

b.edit('reports', 'report-0002', { observed_at: ago(1), temperature_c: 55, erythema: 2, odour: 'perhaps' }); // out of range
await quiet();
assert.equal(a.rows['reports report-0002'].temperature_c, 55);
assert.deepEqual(a.rows['reports report-0002'].flags, ['needs_review:odour', 'needs_review:temperature_c']);

for (let n = 0; n < 450; n++) a.edit('progress', `progress-${1000 + n}`, { on: '2026-11-20', change: n % 3 }); // pages
await quiet();
b.since = 1 << 30; // a cursor that the account has not come to
await quiet();
await operator('backup');
a.edit('sessions', 'session-0002', { started_at: ago(20), needle_mm: 0.5 }); // the backup has it not
a.edit('reports', 'report-0003', { observed_at: ago(2), session_id: 'session-0002', erythema: 1 });
b.edit('progress', 'progress-1000', null);
await quiet();
await operator('restore');
b.edit('reports', 'report-0003', { ...b.rows['reports report-0003'], itch: 2 }); // of what is lost
await quiet();
assert.equal(a.rows['reports report-0003'].itch, 2);
assert.equal(a.rows['sessions session-0002'].needle_mm, 0.5);

a.edit('reports', 'report-0003', null); // and its tombstone is purged before the other phone hears of it
await untilItWorks(() => a.sync());
b.edit('progress', 'progress-1001', { ...b.rows['progress progress-1001'], change: -1 });
await halfAYear(phones);
await quiet();
assert.equal(b.rows['reports report-0003'], undefined);
assert.equal(a.rows['progress progress-1001'].change, -1);
console.log('the phones agree', Object.keys(a.rows).length);
