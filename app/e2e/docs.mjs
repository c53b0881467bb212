// The page /docs, as somebody reads it who wants to build on the API: it opens
// quietly and closed, says first where a token comes from, keeps the token, and
// every example works when they are tried from top to bottom.
import assert from 'node:assert/strict';
import { base, openPhone, play, settled } from './harness.mjs';

const phone = await openPhone({ viewport: { width: 1280, height: 900 } });
const { page } = phone;
const authorized = () => page.evaluate(() => JSON.parse(localStorage.getItem('authorized') ?? '{}').token?.value);
const tap = (what) => page.locator(what).dispatchEvent('click');

async function authorize(token) {
  await tap('.auth-wrapper .authorize >> nth=0');
  await page.locator('.auth-container input').fill(token);
  await tap('.auth-btn-wrapper .authorize');
  await tap('.auth-btn-wrapper .btn-done');
  await settled('the token is taken', async () => (await authorized()) === token);
}

/** Opens the first operation and sends it as it is filled in: what the page shows of the answer. */
async function press() {
  const block = document.querySelector('.opblock');
  const soon = async (what) => {
    for (let n = 0; n < 1800; n++) {
      const found = block.querySelector(what);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`no ${what}`);
  };
  const summary = block.querySelector('.opblock-summary-control');
  summary.click();
  (await soon('button.execute')).click();
  const status = (await soon('.live-responses-table tbody .response-col_status')).innerText.trim().split(/\s/)[0];
  const body = (await soon('.live-responses-table tbody .response-col_description pre')).innerText;
  return { name: summary.innerText.replaceAll('\u200b', '').replace(/\s+/g, ' '), status, body };
}

/**
 * Sends the other operations from top to bottom with what the page has filled in,
 * and shows it the answers: to open each on the page would take Swagger UI minutes.
 */
async function playRest(token) {
  const doc = ui.specSelectors.specJson().toJS();
  const operations = Object.entries(doc.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
  const place = (o) => doc.tags.findIndex((tag) => tag.name === o.operation.tags[0]);
  operations.sort((a, b) => place(a) - place(b) || a.operation['x-order'] - b.operation['x-order']);
  const { requestInterceptor, responseInterceptor } = ui.getConfigs();
  const wrong = [];
  for (const { path, method, operation } of operations.slice(1)) {
    const filled = ui.specSelectors.parameterValues([path, method]);
    let to = path;
    for (const p of operation.parameters ?? []) if (p.in === 'path') to = to.replace(`{${p.name}}`, filled.get(`path.${p.name}`) ?? p.example ?? '');
    const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
    const request = requestInterceptor({ url: location.origin + to, method: method.toUpperCase(), headers: { Authorization: `Bearer ${token}` } });
    if (media) Object.assign(request, { body: JSON.stringify(media.example ?? Object.values(media.examples)[0].value), headers: { ...request.headers, 'Content-Type': type } });
    const answer = await (request.userFetch ?? fetch)(request.url, request);
    const text = await answer.text();
    let body;
    try { body = JSON.parse(text); } catch { body = undefined; }
    responseInterceptor({ ok: answer.ok, url: request.url, body });
    if (!answer.ok) wrong.push(`${answer.status} ${method} ${to}: ${text.slice(0, 300)}`);
  }
  return operations.length > 80 ? wrong : [`only ${operations.length} operations`];
}

await play(async () => {
  await page.goto(`${base}/docs`);
  await page.locator('.opblock-tag').first().waitFor();
  assert.equal(await page.locator('.opblock').count(), 0, 'everything is closed at first');
  assert.match(await page.locator('.info .renderedMarkdown h2').first().innerText(), /get a token/i);
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
  await tap('.opblock-tag >> nth=0');
  await page.locator('.opblock').first().waitFor();
  assert.equal(await page.locator('.opblock.is-open').count(), 0, 'every operation is closed at first');
  const first = await page.evaluate(press);
  assert.match(`${first.status} ${first.name}`, /^201 POST \/v1\/accounts /, 'the first gives a token');
  const { token } = JSON.parse(first.body);
  await authorize(token);
  const wrong = await page.evaluate(playRest, token);
  const kept = await authorized();
  await page.reload();
  await page.locator('.opblock-tag').first().waitFor();
  assert.equal(kept, token);
  await settled('the token is kept', async () => (await authorized()) === kept);
  assert.deepEqual(wrong, []);
}, phone);
