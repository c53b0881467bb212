// Nothing of the person stays on this phone: after a sign-out here, and after
// the account is erased.
import { devices } from './devices';
import { plan } from './plan';
import { forgetAddress } from './push-switch';
import { kept, live } from './rest';
import { end } from './session';

export async function forgetPhone(): Promise<void> {
  await forgetAddress().catch(() => undefined); // the server has ended it already
  const registration = await navigator.serviceWorker?.getRegistration('/app');
  for (const n of (await registration?.getNotifications()) ?? []) n.close();
  devices.value = [];
  live.value = kept.value = plan.value = undefined;
  await end();
}
