// Every screen, in light, dark and at 320 px, with and without a network: axe
// finds nothing, nothing is wider than the screen, and the browser has nothing
// to say. ONLY=<part of a path> looks at some.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { api, base, openPhone, play, quiet, signUp, tall, violations } from './harness.mjs';

const doctorScreen = new URL('../src/screens/doctor.tsx', import.meta.url);
// A look that changes colours or sizes alone is asked for those: the rest is the same page.
const looks = {
  light: { colorScheme: 'light', width: 390 },
  dark: { colorScheme: 'dark', rules: ['color-contrast', 'link-in-text-block'] },
  narrow: { colorScheme: 'light', width: 320, rules: ['target-size', 'scrollable-region-focusable', 'color-contrast'] },
};
const phone = await openPhone();
const { context, page } = phone;
const hours = (n) => new Date(Date.now() - n * 3_600_000).toISOString();
const put = (path, body) => api(page, path, { method: 'PUT', body: JSON.stringify(body) });

async function look(path, when, wanted = looks) {
  assert.equal(new URL(page.url()).pathname, path, 'the screen is there');
  for (const [name, { colorScheme, width, rules }] of Object.entries(wanted)) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (width) {
      await page.setViewportSize({ width, height: 844 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) phone.faults.push(`${path} ${when} ${name}: ${over} px too wide`);
      await page.setViewportSize({ width, height: tall });
    }
    phone.faults.push(...(await violations(page, `${path} ${when} ${name}`, rules)));
  }
}

/** Opens a screen of the running app, as a link does: a fresh start for each would only repeat the same files. */
const visit = async (path) => {
  await page.evaluate((to) => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }, path);
  await page.waitForFunction((to) => location.pathname === to && document.querySelector('main')?.childElementCount > 0, path);
  await quiet(page); // what the screen asks the server for
};

await play(async () => {
  await signUp(page);
  await put('/v1/rollers/roller-0001', { name: 'Black', needle_mm: 0.5, material: 'titanium' });
  for (const [i, days] of [3, 20, 40].entries()) await put(`/v1/sessions/session-000${i}`, { started_at: hours(24 * days), roller_id: 'roller-0001', areas: ['crown', 'midline'], performed_by: 'self' });
  for (const i of [1, 2, 3]) await put(`/v1/reports/report-000${i}`, { observed_at: hours(24 * i), pain: i, erythema: 1, swelling: 0, warmth: 0 });
  await put('/v1/reports/report-0004', { observed_at: hours(1), pain: 3, erythema: 2, swelling: 1, warmth: 1, odour: 'yes' });
  await page.goto(`${base}/app`);
  await page.locator('.warn--row').waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  const warning = (await api(page, '/v1/warnings')).items[0].id;
  const reminder = (await api(page, '/v1/reminders')).items[0].id;
  const paths = [
    '/app', '/app/help', '/app/health', '/app/check-in', '/app/check-in/questions', '/app/answers/report-0004', '/app/rolled', '/app/soak', `/app/warnings/${warning}`, '/app/outbox',
    '/app/plan', '/app/history', '/app/history/months', '/app/history/entries', '/app/history/entries/reports/report-0001', '/app/photos', '/app/photos/take', '/app/photos/compare', '/app/photos/scales', '/app/photos/expect', '/app/rollers', '/app/rollers/roller-0001', '/app/doctor', '/app/doctor/visit',
    '/app/more', '/app/reminders', `/app/reminders/${reminder}`, '/app/phones', '/app/data', '/app/language', '/app/about', '/app/sign-in', '/app/welcome',
  ].filter((path) => path.includes(process.env.ONLY ?? '') && (!path.startsWith('/app/doctor') || existsSync(doctorScreen)));
  for (const path of paths) { await visit(path); await look(path, 'online'); }
  await page.goto(`${base}/app`);
  await page.locator('.rest').waitFor();
  await context.setOffline(true);
  await page.reload();
  await page.locator('.rest').waitFor();
  for (const path of paths) {
    await visit(path);
    await look(path, 'offline', { light: looks.light });
  }
  assert.equal(await page.locator('.rest[data-state=ready]').count(), 0);
}, phone);
