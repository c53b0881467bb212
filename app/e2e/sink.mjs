// A push service for one browser: it takes what the server sends and opens it,
// as a browser would. Chromium's own service is not reachable from a test, so the
// page is given an address here; what arrives is then delivered through the
// browser's protocol.
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { settled } from './harness.mjs';

export async function openSink() {
  const keys = createECDH('prime256v1');
  keys.generateKeys();
  const auth = randomBytes(16);
  const came = [];
  const server = createServer((request, answer) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => { came.push(JSON.parse(decrypt(Buffer.concat(parts), keys, auth))); answer.writeHead(201).end(); });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${server.address().port}/push/${randomBytes(8).toString('hex')}`;
  /** The next message that the test has not seen yet and that fits. */
  const next = async (fits, within) => {
    const taken = () => { const at = came.findIndex(fits); return at >= 0 && came.splice(at, 1)[0]; };
    return settled('a push comes', taken, within).catch(() => { throw new Error(`no such push; came: ${came.map((m) => m.kind).join(', ')}`); });
  };
  return { subscription: { endpoint, expirationTime: null, keys: { p256dh: keys.getPublicKey('base64url'), auth: auth.toString('base64url') } }, next, came, close: () => server.close() };
}

/** RFC 8291 over RFC 8188, one record. */
function decrypt(body, keys, auth) {
  const salt = body.subarray(0, 16);
  const theirs = body.subarray(21, 21 + body[20]);
  const secret = Buffer.from(hkdfSync('sha256', keys.computeSecret(theirs), auth, Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), theirs]), 32));
  const derive = (info, size) => Buffer.from(hkdfSync('sha256', secret, salt, `Content-Encoding: ${info}\0`, size));
  const sealed = body.subarray(21 + body[20]);
  const open = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  open.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString();
}

/** Lets the pages of a context have an address of the sink. */
export async function stubPush(context, subscription) {
  await context.grantPermissions(['notifications']);
  await context.addInitScript((json) => {
    const made = () => ({ endpoint: json.endpoint, options: { applicationServerKey: null }, toJSON: () => json, unsubscribe: async () => { localStorage.removeItem('stub'); return true; } });
    PushManager.prototype.subscribe = async () => { localStorage.setItem('stub', '1'); return made(); };
    PushManager.prototype.getSubscription = async () => (localStorage.getItem('stub') ? made() : null);
  }, subscription);
}
