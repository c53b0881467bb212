// Pushes through the browser's own protocol, a second phone, and the end: from
// the first question for permission to an account that is erased.
import assert from 'node:assert/strict';
import { api, base, openPhone, play, settled, signUp, token } from './harness.mjs';
import { openSink, stubPush } from './sink.mjs';

const hours = (n) => new Date(Date.now() - n * 3_600_000).toISOString();
const sink = await openSink();
const moved = await openSink(); // where its browser moves its address to
const first = await openPhone();
const second = await openPhone();
const { page } = first;
await stubPush(first.context, sink.subscription);

/** Hands a message to the worker as the browser's push service would. */
async function deliverer() {
  const protocol = await first.context.newCDPSession(page);
  const known = new Promise((done) => protocol.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations.forEach((r) => !r.isDeleted && done(r.registrationId))));
  await protocol.send('ServiceWorker.enable');
  const registrationId = await known;
  return (message) => protocol.send('ServiceWorker.deliverPushMessage', { origin: base, registrationId, data: JSON.stringify(message) });
}

const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => ({ tag: n.tag, title: n.title, body: n.body, actions: n.actions.map((a) => a.action) })));

const serviceWorker = async () => first.context.serviceWorkers()[0] ?? first.context.waitForEvent('serviceworker');

/** A tap on the notification or on one of its buttons. A test cannot tap outside of the page, so the worker is told of it. */
async function tap(tag, action) {
  const worker = await serviceWorker();
  await worker.evaluate(async ([wanted, button]) => {
    const [notification] = await self.registration.getNotifications({ tag: wanted });
    const event = new NotificationEvent('notificationclick', { notification, action: button });
    Object.defineProperty(event, 'waitUntil', { value: () => undefined }); // only the browser's own events may wait
    self.dispatchEvent(event);
  }, [tag, action]);
}

const reminder = (id) => api(page, `/v1/reminders/${id}`);

await play(async () => {
  // Not at the door, but after the first session; and the server gets the address.
  const recovery = await signUp(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  assert.equal(await page.locator('#offer').count(), 0);
  await api(page, '/v1/account', { method: 'PATCH', headers: { 'Content-Type': 'application/merge-patch+json' }, body: JSON.stringify({ quiet_hours: { start: '03:00', end: '03:00' } }) });
  const session = (ago) => api(page, '/v1/sessions/session-0001', { method: 'PUT', body: JSON.stringify({ started_at: hours(ago), needle_mm: 0.5, areas: ['crown'], performed_by: 'self' }) });
  await session(71);
  await page.goto(`${base}/app`);
  await page.getByRole('button', { name: 'Yes, remind me' }).click();
  await settled('the server has the address', async () => (await api(page, '/v1/devices/current')).push?.state === 'active');

  // A check-in, due after 72 hours: shown once, in neutral words, with buttons; one of them answers.
  await session(72);
  const asked = await sink.next((m) => m.kind === 'check_in' && m.actions.includes('calm'));
  const deliver = await deliverer();
  await (await serviceWorker()).evaluate(() => { navigator.setAppBadge = async (n) => { self.badge = n; }; });
  const badge = async (n) => settled(`the badge says ${n}`, async () => (await (await serviceWorker()).evaluate(() => self.badge)) === n);
  await deliver(asked);
  await badge(1); // without the app
  await deliver(asked);
  const [notification, ...more] = await settled('it is shown', async () => { const all = await shown(); return all.length > 0 && all; });
  assert.deepEqual(more, []);
  assert.deepEqual(notification.actions, ['calm', 'snooze']);
  assert.doesNotMatch(`${notification.title} ${notification.body}`, /scalp|skin|roll|pain|needle/i);
  await settled('the server knows that it was shown', async () => (await reminder(asked.reminder_id)).deliveries[0].delivered_at);
  await page.goto(`${base}/app/reminders/${asked.reminder_id}`);
  await page.getByText('A phone has told us that it showed it.').waitFor();
  await tap(asked.tag, 'calm');
  await settled('its button answers', async () => (await reminder(asked.reminder_id)).state === 'acknowledged');
  assert.equal((await api(page, '/v1/reports')).items[0].pain, 0);
  await settled('nothing is shown any more', async () => (await shown()).length === 0);
  await badge(0);

  // A tap opens the screen in the window that is there; later puts it off; what was answered elsewhere is taken from the screen.
  const testPush = async () => {
    const { reminder_id: id } = await api(page, '/v1/devices/current/push/test', { method: 'POST' });
    const message = await sink.next((m) => m.reminder_id === id);
    await deliver(message);
    await settled('the test is shown', async () => (await shown()).some((n) => n.tag === message.tag));
    return message;
  };
  const opened = await testPush();
  await page.goto(`${base}/app/more`);
  await tap(opened.tag, '');
  await page.waitForURL(`${base}${opened.url}`);
  await settled('it was opened', async () => (await reminder(opened.reminder_id)).deliveries[0].opened_at);
  const put = await testPush();
  await tap(put.tag, 'snooze');
  await settled('it is put off', async () => (await reminder(put.reminder_id)).state === 'snoozed');
  const elsewhere = await testPush();
  await api(page, `/v1/reminders/${elsewhere.reminder_id}/acknowledge`, { method: 'POST', body: '{}' });
  await page.goto(`${base}/app`);
  await settled('it is cleared', async () => (await shown()).length === 0);
  await deliver({ ...put, tag: 'left-over' });
  await settled('one more is shown', async () => (await shown()).length === 1);
  await deliver({ tag: 'left-over', clear: 'true' });
  await settled('a message that clears does', async () => (await shown()).length === 0);

  // The browser changes the address by itself: the server learns it from the worker, without the app.
  const worker = await serviceWorker();
  await worker.evaluate((json) => {
    const event = Object.assign(new ExtendableEvent('pushsubscriptionchange'), { newSubscription: { toJSON: () => json } });
    Object.defineProperty(event, 'waitUntil', { value: () => undefined }); // only the browser's own events may wait
    self.dispatchEvent(event);
  }, moved.subscription);
  await settled('a test reaches the new address', async () => {
    await api(page, '/v1/devices/current/push/test', { method: 'POST' });
    return moved.next((m) => m.kind === 'test', 2000).catch(() => undefined);
  });

  // A second phone: the picture's address signs it in, once, and leaves no code behind.
  await page.goto(`${base}/app/phones`);
  await page.getByRole('button', { name: 'Show the code' }).click();
  await page.locator('.code').waitFor();
  const code = (await page.locator('.code span').allInnerTexts()).join('-');
  await second.page.goto(`${base}/app/sign-in#${code}`);
  await second.page.getByRole('button', { name: 'Sign in' }).click();
  await second.page.locator('.rest').waitFor();
  assert.doesNotMatch(second.page.url(), /#|\?/);
  await settled('the diary is there', async () => (await api(second.page, '/v1/sessions')).items.length === 1);
  assert.equal((await api(page, '/v1/devices')).items.length, 2);

  // A pairing code opens the diary, but hands nothing out: that asks for the recovery code, and says when it was another.
  await second.page.goto(`${base}/app/data`);
  await second.page.getByRole('button', { name: /Everything as one file/ }).click();
  const sheet = second.page.locator('.sheet[open]');
  await sheet.getByRole('heading', { name: 'Is it you?' }).waitFor();
  await sheet.getByRole('textbox').fill('AAAA-BBBB-CCCC-DDDD');
  await sheet.getByRole('button', { name: 'Go on' }).click();
  await sheet.getByText('That was not it.').waitFor();
  await sheet.getByRole('textbox').fill(recovery.toLowerCase());
  const download = second.page.waitForEvent('download');
  await sheet.getByRole('button', { name: 'Go on' }).click();
  assert.match((await download).suggestedFilename(), /^aftercare-.*\.json$/);

  // Erased from the first: a last question, and nothing is left on either. A sign-in of the last minutes is proof enough; this one may be older by now.
  await api(page, '/v1/devices/current/confirm', { method: 'POST', body: JSON.stringify({ recovery_code: recovery }) });
  const [mine, theirs] = [await token(page), await token(second.page)];
  await page.goto(`${base}/app/data`);
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await page.getByRole('button', { name: 'Yes, erase it' }).click();
  await page.getByRole('button', { name: 'Start without an e-mail' }).waitFor();
  for (const old of [mine, theirs]) assert.equal((await fetch(`${base}/v1/account`, { headers: { Authorization: `Bearer ${old}` } })).status, 401);
  await settled('nothing is kept', async () => (await token(page)) === undefined);
  await second.page.goto(`${base}/app`);
  await second.page.getByText('This phone is signed out.').waitFor();
  // The way to help and back is the same as before.
  await second.page.getByRole('link', { name: 'Get help' }).click();
  await second.page.locator('.big[href="/app/check-in"]').waitFor();
  await second.page.getByRole('link', { name: 'Close' }).click();
  await second.page.locator('.rest').waitFor();
  // Once what is kept is too old, home says why nothing is known any more.
  await second.context.clock.setFixedTime(Date.now() + 60 * 86_400_000);
  await second.page.goto(`${base}/app`);
  await second.page.locator('.rest[data-state=unknown] .ring__sub', { hasText: 'signed out' }).waitFor();
}, first, second);
sink.close();
moved.close();
