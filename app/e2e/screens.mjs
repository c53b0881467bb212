// Pictures of every screen, in light, dark and narrow, into a folder to look at;
// and axe on each. node e2e/screens.mjs [folder]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, answerAllNo, api, base, openPhone, play, quiet } from './harness.mjs';

const folder = process.argv[2] ?? new URL('./shots', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const only = process.env.ONLY;
const phone = await openPhone();
const { context, page } = phone;

const looks = { light: { colorScheme: 'light', width: 390 }, dark: { colorScheme: 'dark', width: 390 }, narrow: { colorScheme: 'light', width: 320 } };

async function shoot(name) {
  if (only && !name.includes(only)) return;
  for (const [look, { colorScheme, width }] of Object.entries(looks)) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await quiet(page);
    await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) phone.faults.push(`${name} ${look}: ${over} px too wide`);
    phone.faults.push(...(await accessible(page, `${name} ${look}`)));
  }
  await page.setViewportSize({ width: 390, height: 844 });
}

const go = async (path, ready) => { await page.goto(`${base}${path}`); await page.locator(ready).first().waitFor(); await quiet(page); };
const hours = (n) => new Date(Date.now() - n * 3_600_000).toISOString();
const put = (path, body) => api(page, path, { method: 'PUT', body: JSON.stringify(body) });

await play(async () => {
  await page.goto(`${base}/app`);
  await page.locator('.choice').waitFor();
  await shoot('01-welcome');
  await page.getByRole('checkbox').first().check();
  await page.getByRole('checkbox').nth(1).check();
  await page.getByRole('button', { name: 'Start without an e-mail' }).click();
  await page.locator('.code').waitFor();
  await shoot('02-recovery-code');
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.locator('#health-title').waitFor();
  await shoot('03-health-questions');
  await answerAllNo(page);
  await go('/app', '.rest[data-state=ready]');
  await shoot('05-home-ready');
  await put('/v1/rollers/roller-0001', { name: 'Black', needle_mm: 0.5, material: 'titanium' });
  await put('/v1/sessions/session-0001', { started_at: hours(85), roller_id: 'roller-0001', areas: ['crown', 'midline', 'hairline'], performed_by: 'self' });
  await go('/app', '.rest[data-state=resting]');
  await shoot('04-home-resting');
  await go('/app/plan', '.line__item');
  await shoot('15-plan');
  await go('/app/rolled', '.scalp');
  await shoot('08-rolled');
  await go('/app/soak', '.ring--timer');
  await shoot('09-soak-timer');
  await go('/app/check-in', '.big');
  await shoot('10-checkin-one-tap');
  await page.getByRole('link', { name: 'Something is there' }).click();
  await page.locator('.chips').waitFor();
  await shoot('11-checkin-signs');
  await go('/app/help', '.helplist');
  await shoot('26-get-help');
  await put('/v1/reports/report-0001', { observed_at: hours(1), pain: 3, erythema: 2, warmth: 0, swelling: 0 });
  await go('/app', '.rest');
  await go('/app/answers/report-0001', '.warn');
  await shoot('12-answer-watch');
  await put('/v1/reports/report-0002', { observed_at: hours(0.5), pain: 3, erythema: 2, warmth: 1, swelling: 1, odour: 'yes' });
  await go('/app', '.warn--row');
  await shoot('06-home-warning');
  await page.locator('.warn--row').first().click();
  await page.locator('.choice--grid').waitFor();
  await shoot('14-warning');
  for (const [name, path, ready] of [['16-history', '', '.chart'], ['16-months', '/months', '.chart'], ['16-entries', '/entries', '.card li'], ['16-entry', '/entries/reports/report-0002', '.facts'], ['16-entry-session', '/entries/sessions/session-0001', '.facts']]) {
    await go(`/app/history${path}`, ready);
    await shoot(name);
  }
  await put('/v1/reports/report-0003', { observed_at: hours(0.1), alarm: ['chest_pain'] });
  await go('/app', '.warn--row');
  await go('/app/answers/report-0003', '.urgent .call--main');
  await shoot('13-answer-emergency');
  await go('/app', '.rest');
  await context.setOffline(true);
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.locator('.banner', { hasText: 'Offline since' }).waitFor();
  await page.locator('a[href="/app/check-in"]').first().click();
  await page.getByRole('button', { name: 'Nothing left' }).click();
  await page.locator('h1').waitFor();
  await shoot('12-answer-offline');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.locator('.rest').waitFor();
  await shoot('07-home-offline');
  await page.locator('.banner').click();
  await page.locator('ol.card').waitFor();
  await shoot('27-outbox');
}, phone);
