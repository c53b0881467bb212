// Nothing of the person stays on this phone: after a sign-out here, and after
// the account is erased.
import { forgetAddress } from './push-switch';
import { end } from './session';

export async function forgetPhone(): Promise<void> {
  await forgetAddress().catch(() => undefined); // the server has ended it already
  const registration = await navigator.serviceWorker?.getRegistration('/app');
  for (const n of (await registration?.getNotifications()) ?? []) n.close();
  await end();
}
