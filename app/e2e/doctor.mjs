// What the person hands on: a page for the doctor and a calendar address. Made,
// copied, opened by somebody who is not signed in, and ended.
import assert from 'node:assert/strict';
import { accessible, api, base, openPhone, play, settled, signUp } from './harness.mjs';

const hours = (n) => new Date(Date.now() - n * 3_600_000).toISOString();
const mine = await openPhone({ permissions: ['clipboard-read', 'clipboard-write'] });
const { page } = mine;
const doctor = await openPhone();
const put = (path, body) => api(page, path, { method: 'PUT', body: JSON.stringify(body) });
const copied = () => page.evaluate(() => navigator.clipboard.readText());

await play(async () => {
  await signUp(page);
  await put('/v1/sessions/session-0001', { started_at: hours(60), needle_mm: 0.5, areas: ['crown'], performed_by: 'self' });
  await put('/v1/reports/report-0001', { observed_at: hours(2), pain: 3, erythema: 2, odour: 'yes' });
  await page.goto(`${base}/app/doctor`);
  await page.getByRole('textbox', { name: 'Your questions' }).fill('May I wash it?');
  await page.getByRole('button', { name: 'Make the pages' }).click();
  const link = page.locator('.card--soft');
  await link.getByText('5 openings left.').waitFor();
  await link.getByRole('button', { name: 'Share' }).click();
  await page.locator('.toast', { hasText: 'Copied.' }).waitFor();
  const address = await copied();
  // A phone has its own way to share: the link goes there, and to no clipboard.
  await page.evaluate(() => { navigator.share = (what) => { window.shared = what; return Promise.resolve(); }; });
  await link.getByRole('button', { name: 'Share' }).click();
  assert.equal((await page.waitForFunction(() => window.shared?.url).then((h) => h.jsonValue())), address);
  assert.ok(address.startsWith(`${base}/d/`) || new URL(address).origin === new URL(base).origin, address);

  // Somebody else's browser, without an account: the page, in print and in the dark, and the PDF.
  const opened = await doctor.page.goto(address);
  assert.equal(opened.status(), 200);
  for (const text of ['May I wash it?', /not answered/i]) await doctor.page.getByText(text).first().waitFor();
  assert.match(opened.headers()['cache-control'], /no-store/);
  for (const colorScheme of ['light', 'dark']) {
    await doctor.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    doctor.faults.push(...(await accessible(doctor.page, `doctor's page, ${colorScheme}`)));
  }
  assert.ok((await doctor.page.pdf({ format: 'A4' })).length > 10_000);
  const pdf = await fetch(`${address}.pdf`);
  assert.equal(Buffer.from(await pdf.arrayBuffer()).subarray(0, 5).toString(), '%PDF-');
  assert.deepEqual(await doctor.context.cookies(), []);
  await page.reload();
  await page.locator('.card--soft').getByText('3 openings left.').waitFor();

  // Ended by the person: gone, and nothing of it is left in the app.
  await page.getByRole('button', { name: 'End this link now' }).click();
  await page.locator('.card--soft').waitFor({ state: 'detached' });
  const ended = await doctor.page.goto(address);
  assert.ok([404, 410].includes(ended.status()), `${ended.status()}`);
  assert.equal(await doctor.page.getByText('May I wash it?').count(), 0);
  assert.equal((await fetch(`${address}.pdf`)).status, ended.status());

  // The calendar: an address without a sign-in and without a word about health.
  await page.goto(`${base}/app/data`);
  await page.getByRole('button', { name: /Calendar address/ }).click();
  await page.getByRole('button', { name: 'Make an address' }).click();
  await page.locator('.sheet .address').waitFor();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await settled('the address is copied', async () => (await copied()) !== address);
  const feed = await copied();
  const calendar = await (await fetch(feed)).text();
  assert.match(calendar, /^BEGIN:VCALENDAR/);
  assert.doesNotMatch(calendar, /scalp|needle|pain|skin/i);
  await page.getByRole('button', { name: 'End the address' }).click();
  await settled('the calendar has ended', async () => (await fetch(feed)).status === 404);
}, mine, doctor);
