// What the phones of a test share: an account on the server, a network that cuts
// answers, and the truth to compare with.
import assert from 'node:assert/strict';

export const [base, control] = process.argv.slice(2);

/** What an operator does: backup, restore, or half a year with its purges. */
export async function operator(what) {
  const at = await (await fetch(`${control}/${what}`)).text();
  if (at) {
    home = at;
    posted.length = 0; // this server has not had them
  }
}
let home = base; // where the server is: a restored one has another address

let calls = 0, loses = true;
export const losesAnswers = (on) => { loses = on; };
const posted = []; // pushes that a proxy delivers again
/** Every third call is carried out, but its answer is lost; before every fifth an older push comes again. */
export const flaky = async (url, options) => {
  if (!loses) return fetch(String(url).replace(base, home), options);
  if (options?.method === 'POST') posted.push([url, options]);
  if (++calls % 5 === 0 && posted.length > 4) {
    const [again, late] = posted.at(-4);
    await (await fetch(String(again).replace(base, home), late)).text();
  }
  const res = await fetch(String(url).replace(base, home), options);
  if (calls % 3 === 0 && String(url).includes('/v1/')) {
    await res.text();
    throw new Error('the answer was lost');
  }
  return res;
};

async function json(method, path, body, token, url = base) {
  const res = await fetch(url.replace(base, home) + path, {
    method, headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const text = await res.text();
  assert.ok(res.ok, `${method} ${path}: ${res.status} ${text}`);
  return text && JSON.parse(text);
}

/** Two phones of one person: their servers, as the adapters take them. */
export async function twoPhones() {
  const { token } = await json('POST', '/v1/accounts', {
    time_zone: 'Europe/Berlin', consent: { health_data: true, version: '1' }, device: { name: 'a', platform: 'android' },
  });
  const { code } = await json('POST', '/v1/pairing-codes', undefined, token);
  const second = await json('POST', '/v1/devices', { pairing_code: code, device: { name: 'b', platform: 'ios' } });
  const server = t => ({ url: base, headers: () => ({ Authorization: `Bearer ${t}` }), fetch: flaky, now: () => new Date('2026-11-25T09:00:00Z') });
  const phones = [server(token), server(second.token)];
  return { phones, call: (m, p, b) => json(m, p, b, token, phones[0].url) };
}

/** Half a year passes, in which both phones are heard of, and the purge runs. */
export async function halfAYear(phones) {
  for (let n = 0; n < 2; n++) {
    await operator('quarter');
    for (const p of phones) assert.ok((await fetch(`${home}/v1/account`, { headers: p.headers() })).ok);
  }
  await operator('purge');
}

/** All living rows of the account by collection and id, from the feed; asSent: as documents show them. */
export async function truth(call, asSent = false) {
  const rows = {};
  for (let since = 0, more = true; more;) {
    const page = await call('GET', `/v1/changes?since=${since}`);
    for (const c of page.changes) if (!c.deleted) rows[`${c.collection} ${c.id}`] = c.row;
    since = page.next;
    more = page.more;
  }
  for (const collection of asSent ? collections : []) { // the feed is typed and shows null for what is no value
    const { documents } = await call('GET', `/v1/sync/${collection}/pull?limit=1000`);
    for (const { _deleted, ...row } of documents) if (!_deleted) rows[`${collection} ${row.id}`] = row;
  }
  return rows;
}

export const collections = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress', 'reminders', 'episodes', 'warnings'];
export const writable = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress', 'reminders'];
export const ago = hours => new Date(Date.parse('2026-11-25T09:00:00Z') - hours * 3600e3).toISOString().replace('.000Z', 'Z');

/** Tries until it works: phones try again too. */
export async function untilItWorks(what) {
  for (let n = 0; ; n++) {
    try { return await what(); } catch (e) { if (n > 20) throw e; }
  }
}
