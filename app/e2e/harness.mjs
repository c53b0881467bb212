// A browser against a running server. Everything that no screen may do is noted
// on the way: errors on the console, reports of the content policy, requests to
// another host.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import AxeBuilder from '@axe-core/playwright';

export const base = process.env.BASE_URL ?? 'http://127.0.0.1:8080';
const binary = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const phone = { viewport: { width: 390, height: 844 }, locale: 'en-GB', timezoneId: 'Europe/London', hasTouch: true };

/** A browser of its own, with a fresh profile: a phone that has never seen the app. */
export async function openPhone(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'aftercare-browser-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: binary, args: flags, ...phone, ...options });
  const faults = [];
  const watch = (page) => {
    page.on('console', (m) => { if (m.type() === 'error' && !expected(m.text())) faults.push(`console: ${m.text()}`); });
    page.on('pageerror', (e) => faults.push(`error: ${e.message}`));
    page.on('request', (r) => { const url = new URL(r.url()); if (url.protocol.startsWith('http') && url.origin !== new URL(base).origin) faults.push(`foreign: ${url.origin}`); });
  };
  context.on('page', watch);
  context.pages().forEach(watch);
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
  });
  const close = async () => { await context.close(); rmSync(profile, { recursive: true, force: true }); };
  // A tab of our own: the browser loads its first one itself, which may cut off what the test opens there.
  const [first] = context.pages();
  const page = await context.newPage();
  await first?.close();
  return { context, page, faults, close };
}

/** Plays a flow on phones and ends them. Nothing may be at fault on any; if it fails, the first one's screen is told. */
export async function play(flow, ...phones) {
  const faults = () => [...new Set(phones.flatMap((p) => p.faults))];
  try {
    await flow();
    assert.deepEqual(faults(), []);
  } catch (e) {
    console.error((await phones[0].page.locator('body').innerText().catch(() => '')).slice(0, 800));
    console.error(faults().join('\n'));
    throw e;
  } finally {
    for (const p of phones) await p.close();
  }
}

/** Offline the browser itself says that a request failed; so it does of an answer that is not a success. */
const expected = (text) => /ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(text);

const tall = 4000;

/** What axe finds on a page; at a height at which no bar lies over the content; by all rules, or by those that are named. */
export async function accessible(page, name, rules) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: size.width, height: tall });
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])).analyze();
  await page.setViewportSize(size);
  return violations.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** From the door to home: consent, recovery code, and the questions put off or all answered no. Returns the code. */
export async function signUp(page, { answer = true } = {}) {
  await page.goto(`${base}/app`);
  await page.getByRole('checkbox').first().check();
  await page.getByRole('checkbox').nth(1).check();
  await page.getByRole('button', { name: 'Start without an e-mail' }).click();
  await page.locator('.code').waitFor();
  const code = (await page.locator('.code span').allInnerTexts()).join('-');
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.locator('#health-title').waitFor();
  if (answer) await answerAllNo(page);
  else await page.goto(`${base}/app`);
  await page.locator('.rest__q').waitFor();
  return code;
}

/** Answers every health question with no, part by part. */
export async function answerAllNo(page) {
  for (;;) {
    for (const no of await page.locator('.seg label').filter({ hasText: /^No$/ }).all()) await no.click();
    const next = page.getByRole('button', { name: 'Next part' });
    if (!(await next.count())) break;
    await next.click();
  }
  await page.getByRole('button', { name: 'Done' }).click();
  await page.locator('.rest__q').waitFor();
}

/** On a report's page: corrects how much it hurts. */
export async function correctPain(page, to) {
  await page.getByRole('button', { name: 'Correct' }).click();
  await page.locator('#question').waitFor();
  const next = page.getByRole('button', { name: 'Next' });
  while (!(await page.locator('#question', { hasText: 'pain' }).count())) await next.click();
  await page.locator('.nrs label', { hasText: new RegExp(`^${to}$`) }).click();
  const done = page.getByRole('button', { name: 'Save', exact: true });
  while (!(await done.count())) await next.click();
  await page.locator('.opt--quiet').click();
  await done.click();
  await page.waitForURL('**/app/answers/**');
}

/** The person's token, to look at what the server has. */
export async function token(page) {
  return page.evaluate(() => new Promise((done) => {
    const open = indexedDB.open('aftercare');
    open.onsuccess = () => { const ask = open.result.transaction('kv').objectStore('kv').get('session'); ask.onsuccess = () => { open.result.close(); done(ask.result?.token); }; };
  }));
}

export async function api(page, path, init = {}) {
  const answer = await fetch(base + path, { ...init, headers: { Authorization: `Bearer ${await token(page)}`, 'Content-Type': 'application/json', ...init.headers } });
  return answer.status === 204 ? undefined : answer.json();
}

/** Waits until it is so. */
export async function settled(what, ask) {
  for (let i = 0; i < 100; i++) { if (await ask()) return; await new Promise((done) => setTimeout(done, 200)); }
  throw new Error(`never: ${what}`);
}
