// Pictures stay on the phone: one is taken, noted, deleted and put back, and no
// request on the way carries it.
import assert from 'node:assert/strict';
import { api, base, heldBack, openPhone, play, quiet, settled, signUp } from './harness.mjs';

const camera = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const phone = await openPhone({ args: camera, permissions: ['camera'] });
const { context, page } = phone;
const sent = [];
context.on('request', (r) => sent.push({ url: r.url(), method: r.method(), type: (r.headers()['content-type'] ?? ''), body: r.postDataBuffer() }));
const largest = 16_384; // the smallest picture of the camera is larger

await play(async () => {
  await signUp(page);
  // The tick on the note stays, though what it was last time is read after it.
  await page.goto(`${base}/app/photos?view=top`);
  const release = await heldBack(page, 'photo-note');
  await page.locator('a[href^="/app/photos/take"]').first().click();
  await page.getByRole('checkbox').check();
  await release();
  await quiet(page);
  assert.ok(await page.getByRole('checkbox').isChecked());
  await page.locator('.btn--main[aria-disabled=false]', { hasText: 'Take it' }).click(); // once the camera is on
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.locator('.toast').waitFor();
  await settled('the note arrives', async () => (await api(page, '/v1/progress')).items.length === 1);
  assert.equal((await api(page, '/v1/progress')).items[0].photo_taken, true);

  await page.goto(`${base}/app/photos?view=top`);
  await page.locator('.shots button').click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.locator('.empty').waitFor();
  await page.getByRole('button', { name: /Undo/ }).click();
  await page.locator('.shots img').waitFor();

  const posted = sent.filter((r) => r.body?.length);
  assert.ok(posted.some((r) => r.url.includes('/v1/sync') && r.body.includes('photo_taken')), 'the note is among what was sent');
  for (const r of posted) {
    assert.match(r.type, /json/, r.url);
    assert.ok(r.body.length < largest && !r.body.includes(Buffer.from([0xff, 0xd8, 0xff])) && !/image|blob:|base64/.test(r.body.toString('latin1')), r.url);
  }
}, phone);
