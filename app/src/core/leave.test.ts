import 'fake-indexeddb/auto';
import { expect, it, vi } from 'vitest';
import { devices } from './devices';
import { forgetPhone } from './leave';
import { plan } from './plan';
import { kept, live } from './rest';
import { begin } from './session';

vi.stubGlobal('navigator', {});
vi.stubGlobal('localStorage', undefined);
const person = (id: string) => begin({ token: 't', account: { id } as never, device: { id: 'd' } });
const know = () => {
  live.value = kept.value = { rest: { state: 'ready' } as never, at: 0 };
  plan.value = { plan: {} as never, at: '', live: true };
  devices.value = [{ id: 'd' } as never];
};
const known = () => [live.value, kept.value, plan.value, ...devices.value].filter((x) => x !== undefined).length;

it('forgets what the page still shows of a person who leaves', async () => {
  know();
  await forgetPhone();
  expect(known()).toBe(0);
});

it('shows nothing of a person to another who signs in', async () => {
  await person('a');
  know();
  await person('a');
  expect(known()).toBe(4);
  await person('b');
  expect(known()).toBe(0);
});
