// A browser against a running server. Everything that no screen may do is noted
// on the way: errors on the console, reports of the content policy, requests to
// another host.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const base = process.env.BASE_URL ?? 'http://127.0.0.1:8080';
const binary = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** How long a wait may take: a busy machine is slow, and slow is not wrong. */
export const patience = 90_000;

const phone = { viewport: { width: 390, height: 844 }, locale: 'en-GB', timezoneId: 'Europe/London', hasTouch: true };

/** A browser of its own, with a fresh profile: a phone that has never seen the app. */
export async function openPhone(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'aftercare-browser-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: binary, args: flags, timeout: patience, ...phone, ...options });
  context.setDefaultTimeout(patience);
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
    const ask = window.fetch;
    window.underWay = 0;
    window.fetch = async (...of) => { window.underWay++; try { return await ask(...of); } finally { window.underWay--; } };
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

/** The height at which no bar lies over the content. */
export const tall = 4000;

/** What axe finds on a page as it stands, by all rules, or by those that are named. */
export async function violations(page, name, rules) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const only = rules ? { type: 'rule', values: rules } : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  const found = await page.evaluate(async (runOnly) => (await window.axe.run({ runOnly, resultTypes: ['violations'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`), only);
  return found.map((text) => `${name}: ${text}`);
}

/** What axe finds on a page at its full height. */
export async function accessible(page, name, rules) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: size.width, height: tall });
  const found = await violations(page, name, rules);
  await page.setViewportSize(size);
  return found;
}

/** Waits until nothing that the page has asked for is on its way, and nothing on it has changed for a moment. */
export const quiet = (page) => page.evaluate(() => new Promise((done) => {
  let still = 0;
  const watch = new MutationObserver(() => { still = 0; });
  watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  const look = () => {
    still = window.underWay ? 0 : still + 1;
    if (still < 6) setTimeout(look, 20);
    else { watch.disconnect(); done(); }
  };
  look();
}));

/** A page gets what is kept under such keys only when the returned function is called, as on a slow phone. */
export async function heldBack(page, keys) {
  await page.evaluate((start) => {
    const get = IDBObjectStore.prototype.get;
    window.late = [];
    IDBObjectStore.prototype.get = function held(key) {
      const asked = get.call(this, key);
      if (!String(key).startsWith(start)) return asked;
      const told = {};
      asked.onsuccess = () => window.late.push(() => { IDBObjectStore.prototype.get = get; told.result = asked.result; told.onsuccess(); });
      return told;
    };
  }, keys);
  return async () => {
    await page.waitForFunction(() => window.late.length > 0);
    await page.evaluate(() => window.late.forEach((tell) => tell()));
  };
}

/** From the door to home: consent, recovery code, and all questions answered no. Returns the code. */
export async function signUp(page, byHand) {
  await page.goto(`${base}/app`);
  await page.getByRole('checkbox').first().check();
  await page.getByRole('checkbox').nth(1).check();
  await page.getByRole('button', { name: 'Start without an e-mail' }).click();
  await page.locator('.code').waitFor();
  const code = (await page.locator('.code span').allInnerTexts()).join('-');
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.locator('#health-title').waitFor();
  await answerAllNo(page, byHand);
  return code;
}

/** Answers every health question with no, part by part: with taps where a finger would, or within the page, which is quicker. */
export async function answerAllNo(page, byHand = false) {
  for (;;) {
    const no = page.locator('.seg label').filter({ hasText: /^No$/ });
    if (byHand) for (const one of await no.all()) await one.click();
    else await no.evaluateAll(async (all) => { for (const one of all) { one.click(); await new Promise((done) => setTimeout(done)); } });
    const next = page.getByRole('button', { name: 'Next part' });
    if (!(await next.count())) break;
    await turn(page, next, '#health-title');
  }
  await page.getByRole('button', { name: 'Done' }).click();
  await page.locator('.rest__q').waitFor();
}

/** Presses what turns a page, and waits until it has another title. */
async function turn(page, next, title) {
  const before = await page.locator(title).innerText();
  await next.click();
  await page.waitForFunction(([what, text]) => document.querySelector(what)?.innerText !== text, [title, before]);
}

/** On a report's page: corrects how much it hurts. */
export async function correctPain(page, to) {
  await page.getByRole('button', { name: 'Correct' }).click();
  await page.locator('#question').waitFor();
  const next = page.getByRole('button', { name: 'Next' });
  while (!(await page.locator('#question', { hasText: 'pain' }).count())) await turn(page, next, '#question');
  await page.locator('.nrs label', { hasText: new RegExp(`^${to}$`) }).click();
  const done = page.getByRole('button', { name: 'Save', exact: true });
  while (!(await done.count())) await turn(page, next, '#question');
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

/** Waits until it is so, and returns what was so. An error on the way is no end: what it needs may be still to come. */
export async function settled(what, ask, within = patience) {
  let cause;
  for (const end = Date.now() + within; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
    try {
      const so = await ask();
      if (so) return so;
      cause = undefined;
    } catch (e) { cause = e; }
  }
  throw new Error(`never: ${what}`, { cause });
}
