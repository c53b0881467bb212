// From the door to a warning that is answered and taken back, and a month's worth
// of what a phone does without a network: against a real server.
import assert from 'node:assert/strict';
import { api, base, correctPain, heldBack, openPhone, play, quiet, settled, signUp } from './harness.mjs';

const phone = await openPhone();
const { context, page } = phone;
const undo = page.getByRole('button', { name: /Undo/ });
/** A double tap in a hurry. */
const twice = (name) => page.getByRole('button', { name }).evaluate((b) => { b.click(); b.click(); });
const focusIs = (what) => page.waitForFunction((it) => document.activeElement.matches(it), what);
const hours = (n) => new Date(Date.now() - n * 3_600_000).toISOString();

await play(async () => {
  await signUp(page, true);
  await page.locator('.rest[data-state=ready]').waitFor();

  // Three taps: the way in, an area and save; once with more.
  const release = await heldBack(page, 'draft:');
  await page.getByRole('link', { name: 'I have rolled' }).click();
  await page.getByLabel('Needle length in mm').fill('0.5');
  await release(); // what was typed meanwhile stays
  // What is wrong is said aloud, and the way to mend it has the focus, under its own name alone.
  await page.getByRole('button', { name: 'Save the session' }).click();
  await page.getByRole('alert').filter({ hasText: 'at least one area' }).waitFor();
  await focusIs('#area-hairline');
  assert.equal(await page.getByRole('checkbox', { name: 'Crown', exact: true }).count(), 1);
  await page.locator('.chip', { hasText: 'Crown' }).click();
  await page.locator('summary', { hasText: 'Products' }).click();
  await page.locator('.chip', { hasText: 'Minoxidil' }).click();
  await twice('Save the session');
  await page.getByRole('status').filter({ hasText: 'Session saved.' }).waitFor(); // for ten seconds, so before what needs the server
  await page.locator('.rest[data-state=resting]').waitFor();
  await settled('the session arrives', async () => (await api(page, '/v1/sessions')).items.length === 1);
  const [session] = (await api(page, '/v1/sessions')).items;
  assert.deepEqual([session.needle_mm, session.areas, session.products[0].kind], [0.5, ['crown'], 'minoxidil']);

  // One tap: nothing left.
  await page.getByRole('link', { name: 'Check in' }).click();
  await twice('Nothing left');
  await page.locator('.warn[data-tier=expected]').waitFor();
  assert.deepEqual((await api(page, '/v1/reports')).items.map((r) => r.pain), [0]);
  assert.equal((await api(page, '/v1/sessions')).items.length, 1, 'two taps are one');

  // An entry is corrected and keeps what the questions do not ask; deleted, and taken back.
  const [{ id }] = (await api(page, '/v1/reports')).items;
  await api(page, `/v1/reports/${id}`, { method: 'PATCH', headers: { 'Content-Type': 'application/merge-patch+json' }, body: JSON.stringify({ note: 'by hand', temperature_c: 36.8 }) });
  await page.goto(`${base}/app/history/entries`);
  await page.locator('.item', { hasText: 'Nothing left' }).click();
  await page.locator('.facts', { hasText: 'by hand' }).waitFor();
  await correctPain(page, 1);
  await settled('the correction arrives', async () => (await api(page, `/v1/reports/${id}`)).pain === 1);
  const corrected = await api(page, `/v1/reports/${id}`);
  assert.deepEqual([corrected.note, corrected.temperature_c], ['by hand', 36.8]);
  await page.goto(`${base}/app/history/entries/reports/${id}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL('**/app/history/entries');
  await focusIs('main'); // which a new screen leads it to
  await page.keyboard.press('Tab');
  await focusIs('.toast button'); // which is the first thing there; it stays as long as it has the focus
  await settled('the report is deleted', async () => (await api(page, '/v1/reports')).items.length === 0);
  await undo.click();
  await settled('the report is back', async () => (await api(page, '/v1/reports')).items.length === 1);

  // A warning: answered, and taken back.
  await api(page, '/v1/reports/report-0001', { method: 'PUT', body: JSON.stringify({ observed_at: hours(0), odour: 'yes', pain: 2, erythema: 1, swelling: 0, warmth: 0 }) });
  await page.goto(`${base}/app`);
  await page.getByRole('link', { name: 'Today something is due' }).waitFor(); // also on the bar below
  await page.locator('.warn--row').click();
  await page.locator('.choice--grid .opt', { hasText: 'I have booked' }).click();
  await undo.focus();
  await settled('the answer arrives', async () => (await api(page, '/v1/warnings')).items[0].state === 'acknowledged');
  await undo.click();
  await page.getByRole('status').filter({ hasText: 'Taken back.' }).waitFor();
  await focusIs('#main'); // it is not lost with the button
  await settled('it is taken back', async () => (await api(page, '/v1/warnings')).items[0].state === 'active');

  // Without the consent: what is written stays here, and the outbox says why and leads to where it is given.
  await api(page, '/v1/account/consents/health_data', { method: 'DELETE' });
  await page.goto(`${base}/app/check-in`);
  await page.getByRole('button', { name: 'Nothing left' }).click();
  await page.waitForURL('**/app/answers/**'); // it is written: to leave before would cut that off
  await page.goto(`${base}/app/outbox`);
  await page.getByText('your consent is missing').waitFor();
  await page.getByRole('link', { name: 'Give the consent' }).click();
  await page.locator('label', { has: page.getByRole('switch', { name: 'Keep what I tell' }) }).click();
  await settled('the consent arrives', async () => (await api(page, '/v1/account/consents')).items.some((c) => c.purpose === 'health_data' && c.withdrawn_at === null));
  await page.goto(`${base}/app/outbox`);
  await page.getByText('Nothing waits').waitFor();

  // Without a network: no go-ahead, a red flag is answered at once, and all of it waits in order.
  await page.goto(`${base}/app`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.locator('.rest[data-state=blocked]').waitFor();
  await quiet(page); // what the server said is kept
  await page.reload();
  await page.locator('.rest[data-state=blocked]').waitFor();
  await quiet(page);
  const moved = await page.evaluate(() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const { value } of list.getEntries()) sum += value; }).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => setTimeout(() => done(sum)));
  }));
  assert.ok(moved < 0.1, `what is kept is shown in its place from the first picture on: ${moved}`);
  await context.setOffline(true);
  await page.reload();
  await page.locator('.rest[data-state=blocked]').waitFor(); // the warning stands, also from memory
  await page.locator('#why').waitFor(); // and what is in the way
  await page.getByRole('link', { name: 'Check in' }).click();
  await page.getByRole('link', { name: 'Something is there' }).click();
  await page.locator('.chip', { hasText: 'Confused' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.locator('.urgent a[href="tel:999"]').waitFor();
  await page.goto(`${base}/app/outbox`);
  await page.locator('ol.card li').first().waitFor();

  // Another tab, and the network again: sent once.
  const second = await context.newPage();
  await second.goto(`${base}/app/outbox`);
  await context.setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await second.evaluate(() => dispatchEvent(new Event('online')));
  await settled('the outbox empties', async () => (await page.locator('ol.card li').count()) === 0 && (await second.locator('ol.card li').count()) === 0);
  const reports = (await api(page, '/v1/reports')).items;
  assert.equal(reports.filter((r) => r.systemic?.includes('confusion')).length, 1);

  // A field that cannot be is asked for by its name, by way of the entry, until it is mended; the rest of the entry counts.
  const pain = async (typed) => {
    await page.getByRole('button', { name: 'Correct' }).click();
    await page.locator('summary').last().click();
    await page.getByLabel('Pain').fill(typed);
    await page.getByRole('button', { name: 'Save the session' }).click();
  };
  await page.goto(`${base}/app/history/entries/sessions/${session.id}`);
  await context.setOffline(true);
  await pain('2.5');
  await page.getByRole('link', { name: 'waits' }).click();
  await page.locator('ol.card li').waitFor();
  await context.setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('An entry needs your decision.').waitFor();
  const asked = page.locator('section', { hasText: 'One field was not taken' });
  await asked.getByText('Pain while rolling').waitFor();
  await page.getByRole('link', { name: 'Back' }).click(); // to More, which says it too
  await page.getByRole('link', { name: 'An entry needs your decision.' }).click();
  const kept = () => api(page, `/v1/sessions/${session.id}`);
  assert.deepEqual((({ pain: said, areas }) => [said, areas])(await kept()), [null, ['crown']]);
  await asked.getByRole('link', { name: 'Open the entry' }).click();
  await pain('3');
  await settled('it is mended', async () => { const { pain: said, flags } = await kept(); return said === 3 && flags.length === 0; });
  await page.goto(`${base}/app/outbox`);
  await page.getByText('Nothing waits').waitFor();

  // Another phone deletes a session while it is corrected here: the correction keeps what was typed, and brings it back.
  await page.goto(`${base}/app/history/entries/sessions/${session.id}`);
  await page.getByRole('button', { name: 'Correct' }).click();
  await page.locator('summary').last().click();
  await page.locator('textarea').fill('typed meanwhile');
  await api(page, `/v1/sessions/${session.id}`, { method: 'DELETE' });
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await second.goto(`${base}/app/history/entries/sessions/${session.id}`);
  await second.getByText('This entry is not on this phone').waitFor(); // one database: the form knows it too
  await quiet(page);
  await page.getByRole('button', { name: 'Save the session' }).click();
  await page.locator('.facts', { hasText: 'typed meanwhile' }).waitFor();
  await settled('it is back', async () => (await api(page, '/v1/sessions')).items[0]?.notes === 'typed meanwhile');
  assert.deepEqual((await api(page, '/v1/sessions')).items.map((s) => [s.id, s.areas]), [[session.id, ['crown']]]);

  // A form whose address changes to another row begins anew; what was typed for the first waits for it.
  for (const [id, name] of [['roller-0001', 'Black'], ['roller-0002', 'Red']]) await api(page, `/v1/rollers/${id}`, { method: 'PUT', body: JSON.stringify({ name, needle_mm: 0.5 }) });
  await page.goto(`${base}/app/rollers`);
  await page.getByRole('link', { name: 'Red' }).waitFor();
  const follow = (path) => page.evaluate((to) => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }, path);
  const named = (name) => page.waitForFunction((it) => document.querySelector('input')?.value === it, name);
  await follow('/app/rollers/roller-0001');
  await named('Black');
  await page.getByLabel('Name').fill('Blue');
  await follow('/app/rollers/roller-0002');
  await named('Red');
  await follow('/app/rollers/roller-0001');
  await named('Blue');

  // A roller without a name is offered by its length.
  await api(page, '/v1/rollers/roller-0003', { method: 'PUT', body: JSON.stringify({ needle_mm: 0.25 }) });
  await page.goto(`${base}/app/rolled`);
  await page.getByRole('button', { name: 'Change' }).click();
  await page.locator('dialog').getByRole('radio', { name: '0.25 mm', exact: true }).waitFor();
  await page.keyboard.press('Escape');

  // A health answer that is tapped before an older draft was read stands.
  const health = (nth, answer) => page.locator('.ask').nth(nth).getByRole('radio', { name: answer, exact: true });
  await follow('/app/health');
  for (const nth of [0, 1]) await health(nth, 'Yes').check({ force: true });
  await follow('/app/more');
  const tell = await heldBack(page, 'draft:health');
  await follow('/app/health');
  await health(0, 'Yes').check({ force: true });
  await health(0, 'No').check({ force: true });
  await tell();
  await page.waitForFunction(() => document.querySelectorAll('.ask')[1].querySelector('input').checked); // the rest of the draft is there
  assert.ok(await health(0, 'No').isChecked());
}, phone);

// A browser that keeps nothing: it says so from the door on, and all works as long as the page is open.
const private_ = await openPhone();
await private_.context.addInitScript(() => {
  for (const name of ['localStorage', 'indexedDB']) Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
});
await play(async () => {
  const { page: there } = private_;
  await signUp(there);
  await there.getByText('This browser keeps nothing').waitFor();
  await there.getByRole('link', { name: 'I have rolled' }).click();
  await there.getByLabel('Needle length in mm').fill('0.5');
  await there.locator('.chip', { hasText: 'Crown' }).click();
  await there.getByText('Ended now').click();
  await there.getByLabel('Ended at').fill('2099-01-01T12:00');
  await there.getByRole('button', { name: 'Save the session' }).click();
  await there.getByText('This time is still to come.').waitFor();
  await there.getByLabel('Ended at').fill('');
  await there.getByRole('button', { name: 'Save the session' }).click();
  await there.locator('.rest[data-state=resting]').waitFor(); // the server's answer to it
  await there.reload();
  await there.getByText('This browser keeps nothing').waitFor();
}, private_);
