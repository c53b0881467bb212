import 'fake-indexeddb/auto';
import { expect, it, vi } from 'vitest';
import { forgetPhone } from './leave';
import { plan } from './plan';
import { kept, live } from './rest';

it('forgets what the page still shows of the person', async () => {
  vi.stubGlobal('navigator', {});
  const rest = { state: 'ready' } as never;
  live.value = kept.value = { rest, at: 0 };
  plan.value = { plan: {} as never, at: '', live: true };
  await forgetPhone();
  expect([live.value, kept.value, plan.value]).toEqual([undefined, undefined, undefined]);
});
