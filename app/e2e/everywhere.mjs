// Every screen, in light, dark and at 320 px, with and without a network: axe
// finds nothing, nothing is wider than the screen, also with letters of twice the
// size, every target has 48 px, and the browser has nothing to say. ONLY=<part of a path> looks at some.
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

/** A phone of 390 px whose person has set the letters to twice their size holds as much as one of half its width. */
const large = 195;

const over = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What is to be tapped and is smaller than a finger, and words in pictures that are smaller than 13 px. */
const tooSmall = () => page.evaluate(() => {
  const [finger, letter] = [47.5, 12.9];
  const targets = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((e) => !e.matches('.skip') && e.checkVisibility());
  const names = targets.map((e) => e.closest('.line__item:has(.line__link), label') ?? e).filter((e) => {
    const { width, height } = e.getBoundingClientRect();
    return !e.closest('p, .helplist') && (width < finger || height < finger); // a link in a sentence is as high as its line
  });
  const words = [...document.querySelectorAll('svg text')].filter((e) => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a < letter);
  return [...names, ...words].map((e) => `${e.localName}.${e.getAttribute('class')} “${e.textContent.slice(0, 20)}”`);
});

/** Where a language reads to the left, charts and codes do not: their words stay in them, their parts in order. */
const turned = () => page.evaluate(() => {
  const margin = 4; // which a card has to spare
  document.documentElement.dir = 'rtl';
  const out = [...document.querySelectorAll('.chart svg text')].filter((e) => {
    const [box, frame] = [e, e.ownerSVGElement].map((x) => x.getBoundingClientRect());
    return box.left < frame.left - margin || box.right > frame.right + margin;
  }).map((e) => e.textContent);
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  document.documentElement.dir = 'ltr';
  return [...out, ...(wide > 0 ? [`${wide} px too wide`] : [])];
});

async function look(path, when, wanted = looks) {
  assert.equal(new URL(page.url()).pathname, path, 'the screen is there');
  for (const [name, { colorScheme, width, rules }] of Object.entries(wanted)) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (width) {
      await page.setViewportSize({ width, height: 844 });
      const wide = await over();
      if (wide > 0) phone.faults.push(`${path} ${when} ${name}: ${wide} px too wide`);
      phone.faults.push(...(await tooSmall()).map((what) => `${path} ${when} ${name}: too small: ${what}`));
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
  for (const path of paths) {
    await visit(path);
    await look(path, 'online');
    phone.faults.push(...(await turned()).map((what) => `${path} right to left: ${what}`));
    await page.setViewportSize({ width: large, height: 422 });
    const wide = await over();
    if (wide > 0) phone.faults.push(`${path} in large letters: ${wide} px too wide`);
  }
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
