import 'fake-indexeddb/auto';
import { expect, it, vi } from 'vitest';
import { call } from './api';
import { session } from './session';

it.each([['/v1/sessions', null], ['/v1/devices/current/confirm', 't']])('a 401 of %s leaves the token %s', async (path, token) => {
  session.value = { token: 't', account: 'a', device: 'd' };
  vi.stubGlobal('fetch', async () => new Response('{}', { status: 401 }));
  await call(`http://test${path}`, { method: 'POST' });
  expect(session.value?.token ?? null).toBe(token);
});
