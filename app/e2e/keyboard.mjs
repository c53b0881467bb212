// Without a mouse, and at 400 % zoom, which leaves 320 by 256 points of a
// screen: from the first start to a logged session and an answered check-in.
import assert from 'node:assert/strict';
import { api, base, openPhone, play, quiet, settled } from './harness.mjs';

const phone = await openPhone({ viewport: { width: 320, height: 256 }, hasTouch: false });
const { page } = phone;
const most = 120;

/** What has the focus: its words, whether it is seen, and whether its frame is drawn. */
const focused = () => page.evaluate(() => {
  const e = document.activeElement;
  const label = e.closest('label') ?? (e.labels?.[0] ?? e);
  const shown = e.closest('.opt, .chip, .seg label, .nrs label') ?? e;
  const box = shown.getBoundingClientRect();
  const hit = (part) => { const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height * part); return at && shown.contains(at); };
  return {
    name: (e.getAttribute('aria-label') ?? label.innerText ?? '').trim(), tag: e.localName,
    seen: [0.05, 0.25, 0.5, 0.75, 0.95].some(hit),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
});

const scrolls = 5000;
/** What has the focus once it is seen, or what still hides after all the time that a page needs to scroll to it. */
async function come() {
  for (const end = Date.now() + scrolls; ;) {
    const f = await focused();
    if (f.tag === 'body' || (f.seen && f.wide <= 0) || Date.now() > end) return f;
  }
}

/** Tabs until the thing with these words has the focus; each on the way has to be seen. */
async function to(name) {
  await quiet(page); // what comes while one tabs may push the focus away
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const f = await come();
    if (f.tag === 'body') continue;
    assert.ok(f.seen, `the focus is hidden on “${f.name}” at ${page.url()}`);
    assert.ok(f.wide <= 0, `${f.wide} px too wide at ${page.url()}`);
    if (f.name.startsWith(name)) return;
  }
  throw new Error(`no way by keyboard to “${name}”`);
}
/** Presses it; what had the focus may be gone then, but the focus is not. */
const press = async (name, key = 'Enter') => {
  await to(name);
  await page.keyboard.press(key);
  await page.waitForFunction(() => document.activeElement !== document.body).catch(() => { throw new Error(`the focus is lost after “${name}” at ${page.url()}`); });
};
/** The focus comes to what is named so. */
const comesTo = (what) => page.waitForFunction((it) => document.activeElement?.matches(it), what).catch(async () => { throw new Error(`the focus is on “${(await focused()).name}”, not on ${what}`); });
/** Opens a screen; it is there when its button is. */
const visit = async (path, button) => { await page.goto(`${base}${path}`); await page.getByRole('button', { name: button }).waitFor(); };

await play(async () => {
  await page.goto(`${base}/app`);
  await page.getByRole('checkbox').first().waitFor();
  await press('I am 18 or older', 'Space');
  await press('You may keep what', 'Space');
  await press('Start without an e-mail');
  await page.locator('.code').waitFor();
  await press('I have it');
  await page.locator('#health-title').waitFor();
  await press('Yes', 'ArrowRight'); // an arrow chooses among the answers of a question
  await page.locator('.seg input:checked').waitFor({ state: 'attached' });
  assert.equal(await page.locator('.seg input:checked').count(), 1);
  await press('Later.');
  await page.locator('.rest__q').waitFor();
  await press('More'); // where what was never asked stays to be seen
  await page.locator('a[href="/app/health"]', { hasText: 'still open' }).waitFor();
  await press('Today');
  await page.locator('.rest__q').waitFor();

  await press('I have rolled');
  await page.locator('.scalp').waitFor();
  await to('Needle length in mm');
  await page.keyboard.type('0.5');
  await press('Crown', 'Space');
  await press('Save the session');
  await page.locator('.rest').waitFor();
  await settled('the session arrives', async () => (await api(page, '/v1/sessions')).items.length === 1);
  const [session] = (await api(page, '/v1/sessions')).items;
  assert.deepEqual([session.needle_mm, session.areas], [0.5, ['crown']]);
  await page.locator('a.item--alone').waitFor(); // the next step comes last: until then what has the focus may move

  await press('Check in');
  await page.getByRole('button', { name: 'Nothing left' }).waitFor();
  await press('Nothing left');
  await page.locator('.warn[data-tier=expected]').waitFor();
  await comesTo('#warn-title');
  await press('Done');
  await page.locator('.rest').waitFor();
  // So it does where the answer is known already, and the screen is drawn once.
  await page.goBack();
  await comesTo('#warn-title');
  await page.goForward();
  await page.locator('.rest').waitFor();

  // A sheet keeps the focus, Escape closes it, and the focus is where it was.
  await visit('/app/data', 'Calendar address');
  await press('Calendar address');
  await page.locator('dialog[open]').waitFor();
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog')), 'Tab stays in the sheet');
  }
  await page.keyboard.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  await settled('the focus is where it was', async () => (await focused()).name.startsWith('Calendar address'));

  // Where an act takes the button away that did it, the focus is on what appeared, or where it was.
  await visit('/app/phones', 'Show the code');
  await press('Show the code');
  await comesTo('section:has(.code)');
  await visit('/app/doctor', 'Make the pages');
  await press('Make the pages');
  await comesTo('.card--soft h2');
  await press('End this link');
  await comesTo('main');
  // What comes late pushes nothing away that can have the focus, and nothing says before that it is not there.
  let answer;
  const answered = new Promise((done) => { answer = done; });
  await page.route('**/v1/knowledge', async (asked) => { await answered; await asked.continue(); });
  await page.goto(`${base}/app/about`);
  await page.locator('main h2').first().waitFor();
  assert.equal(await page.locator('main summary, main .empty').count(), 0);
  answer();
  await page.getByRole('button', { name: 'Show all' }).waitFor();
  await press('Show all');
  await comesTo('summary');
  await page.goto(`${base}/app/photos/scales`);
  await page.getByRole('radio', { name: 'Norwood' }).waitFor({ state: 'attached' });
  await press('Norwood', 'Space');
  await press('Without a scale');
}, phone);
