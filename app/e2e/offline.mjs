// A month without a network, in two tabs: check-ins, sessions, edits, deletions.
// Then online: few requests, nothing twice, and both sides have the same rows.
import assert from 'node:assert/strict';
import { api, base, correctPain, openPhone, play, settled, signUp } from './harness.mjs';

const phone = await openPhone();
const { context, page } = phone;
const day = 86_400_000;
const begin = Date.now() - 31 * day;
const written = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress'];
const name = (collection) => collection.replace('_', '-');
const pushes = [];
context.on('requestfinished', (r) => { if (r.method() !== 'GET' && r.url().includes('/v1/')) pushes.push(r); });

/** The rows of a store of the phone. */
const stored = (tab, store) => tab.evaluate((from) => new Promise((done) => {
  const open = indexedDB.open('aftercare');
  open.onsuccess = () => { const ask = open.result.transaction(from).objectStore(from).getAll(); ask.onsuccess = () => { open.result.close(); done(ask.result); }; };
}), store);
const put = (path, body) => api(page, path, { method: 'PUT', body: JSON.stringify(body) });
const waits = async (n) => settled(`${n} entries wait`, async () => (await stored(page, 'outbox')).length === n);

/** Sets the clock of both tabs and opens a screen, as a link does. */
async function on(tab, days, path) {
  await context.clock.setFixedTime(begin + days * day);
  await tab.evaluate((to) => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }, path);
  await tab.waitForFunction((to) => location.pathname + location.search === to, path);
}

async function calm(tab, days) {
  await on(tab, days, '/app/check-in');
  await tab.getByRole('button', { name: 'Nothing left' }).click();
  await tab.locator('.head[role=status]').waitFor();
}

async function rolled(tab, days) {
  await on(tab, days, '/app/rolled');
  await tab.locator('.scalp').waitFor();
  if (!(await tab.locator('.chip input:checked').count())) await tab.locator('.chip', { hasText: 'Crown' }).click();
  await tab.getByRole('button', { name: 'Save the session' }).click();
  await tab.locator('.rest').waitFor();
}

async function drop(tab, days, collection, id) {
  await on(tab, days, `/app/history/entries/${collection}/${id}`);
  await tab.getByRole('button', { name: 'Delete' }).click();
  await tab.waitForURL('**/app/history/entries');
}

await play(async () => {
  await signUp(page);
  await put('/v1/rollers/roller-0001', { name: 'Black', needle_mm: 0.5, material: 'titanium' });
  await put('/v1/sessions/session-0001', { started_at: new Date(begin - day).toISOString(), roller_id: 'roller-0001', areas: ['crown'], performed_by: 'self' });
  for (const n of [1, 2, 3]) await put(`/v1/reports/report-000${n}`, { observed_at: new Date(begin - n * 3_600_000).toISOString(), ...(n === 1 ? { calm: true } : { pain: n, erythema: 1, odour: n === 3 ? 'yes' : 'no' }) });
  await put('/v1/clinician-events/visit-0001', { at: new Date(begin - 1_800_000).toISOString(), outcome: 'seen' });
  await put('/v1/progress/progress-0001', { on: new Date(begin - 3 * day).toISOString().slice(0, 10), change: 0, by: 'self' });
  await page.goto(`${base}/app`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await settled('the phone has them', async () => (await stored(page, 'rows')).filter((r) => written.includes(r.collection)).length === 7);
  await page.reload();
  await page.locator('.rest').waitFor();
  const second = await context.newPage();
  await second.goto(`${base}/app`);
  await second.locator('.rest').waitFor();

  // Ten minutes in alcohol end also while another screen is shown.
  const minutes = (n) => n / 1440;
  await on(page, 0, '/app/soak');
  await page.locator('[role=timer]', { hasText: /^10:00/ }).waitFor();
  await on(page, minutes(5), '/app/help');
  await on(page, minutes(11), '/app/soak');
  await page.locator('[role=timer]', { hasText: /^0:00/ }).waitFor();

  await context.setOffline(true);
  pushes.length = 0;
  const tabs = [page, second];
  for (let d = 1; d <= 30; d++) await calm(tabs[d % 2], d);
  await rolled(page, 12);
  await rolled(second, 24);
  await waits(32);
  // Edits of what the server has and of what it has not, by the other tab than the one that wrote it.
  await on(second, 30, '/app/history/entries/reports/report-0001');
  await correctPain(second, 4);
  for (const [path, note] of [['clinician_events/visit-0001', 'a cream'], ['progress/progress-0001', 'less in the brush']]) {
    await on(page, 30, `/app/history/entries/${path}`);
    await page.getByRole('button', { name: 'Correct' }).click();
    await page.locator('textarea').fill(note);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.facts', { hasText: note }).waitFor();
  }
  await on(page, 30, '/app/rollers/roller-0001');
  await page.getByRole('textbox').first().fill('Blue');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await waits(36);
  const queued = await stored(page, 'outbox');
  const mine = (collection, nth) => queued.filter((e) => e.collection === collection && !e.base)[nth].id;
  await drop(second, 30, 'reports', 'report-0002');
  await drop(page, 30, 'reports', mine('reports', 4));
  await drop(second, 30, 'sessions', mine('sessions', 1));
  // Deleted, and taken back within ten seconds.
  await drop(page, 30, 'reports', 'report-0003');
  await page.getByRole('button', { name: /Undo/ }).click();
  await settled('it is back', async () => (await stored(page, 'outbox')).every((e) => e.id !== 'report-0003' || !e.deleted));
  // Meanwhile another phone edits the row that was edited here.
  await api(page, '/v1/rollers/roller-0001', { method: 'PATCH', headers: { 'Content-Type': 'application/merge-patch+json' }, body: JSON.stringify({ name: 'Red' }) });
  // One tab is closed and opened again: all of it is still there.
  await context.clock.setFixedTime(Date.now());
  const before = (await stored(page, 'outbox')).length;
  await page.goto(`${base}/app/outbox`);
  await page.locator('ol.card li').first().waitFor();
  assert.equal(await page.locator('ol.card li').count(), before);
  assert.deepEqual(pushes, []);

  await context.setOffline(false);
  for (const tab of tabs) void tab.evaluate(() => dispatchEvent(new Event('online')));
  await settled('all but the conflict is sent', async () => (await stored(page, 'outbox')).every((e) => e.state === 'conflict'));
  // One that another phone was faster with: all that is new at once, then the edits by themselves.
  const few = ['/v1/sync', '/v1/sync', ...['rollers', 'reports', 'clinician_events', 'progress'].map((c) => `/v1/sync/${c}/push`)];
  await settled('the browser has told of all', async () => pushes.length >= few.length);
  assert.deepEqual(pushes.map((p) => new URL(p.url()).pathname), few);
  // Each has a higher number than those before, whichever tab has sent it.
  const numbers = pushes.map((p) => Number(p.headers()['push-number']));
  assert.ok(numbers.every((n, i) => n > (numbers[i - 1] ?? 0)), String(numbers));
  assert.deepEqual((await stored(page, 'outbox')).map((e) => [e.id, e.state, e.theirs.name]), [['roller-0001', 'conflict', 'Red']]);

  // Both versions are offered, in both tabs; the one of this phone is kept.
  await second.goto(`${base}/app/outbox`);
  for (const text of ['Blue', 'Red']) await second.locator('.opt', { hasText: text }).waitFor();
  await page.locator('.opt', { hasText: 'Blue' }).click();
  await page.getByRole('button', { name: 'Keep the chosen one' }).click();
  await page.locator('.empty').waitFor();
  await second.locator('.empty').waitFor();

  // One by one, as the server has them.
  const rows = () => stored(page, 'rows');
  for (const collection of written) {
    const byId = (a, b) => a.id.localeCompare(b.id);
    const theirs = await settled(`${collection} are the same`, async () => {
      const there = [];
      for (let at = ''; at !== null;) { const { items, next_cursor: next } = await api(page, `/v1/${name(collection)}?limit=100${at && `&cursor=${at}`}`); there.push(...items); at = next ?? null; }
      const here = (await rows()).filter((r) => r.collection === collection).map((r) => r.row);
      assert.deepEqual(here.sort(byId), there.sort(byId));
      return there;
    });
    if (collection === 'reports') assert.deepEqual([theirs.length, theirs.find((r) => r.id === 'report-0001').pain, theirs.some((r) => r.id === 'report-0002'), theirs.every((r) => r.assessment)], [31, 4, false, true]);
    if (collection === 'sessions') assert.equal(theirs.length, 2);
    if (collection === 'rollers') assert.equal(theirs[0].name, 'Blue');
  }
  // Judged as one: what was answered offline counts as answered, and the warning of before is over.
  const session = (await api(page, '/v1/sessions')).items.find((s) => s.id !== 'session-0001').id;
  await settled('it is judged', async () => {
    const asked = (await api(page, '/v1/reminders?limit=100')).items.filter((r) => r.kind === 'check_in' && r.session_id === session);
    assert.ok(asked.some((r) => r.state === 'acknowledged') && asked.every((r) => r.state !== 'expired'), JSON.stringify(asked.map((r) => [r.due_at, r.state])));
    assert.deepEqual((await api(page, '/v1/warnings')).items.map((w) => w.state), ['resolved']);
    return true;
  });
}, phone);
