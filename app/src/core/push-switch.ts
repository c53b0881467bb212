// Switching messages on and off: what home can show before.
import { api, need } from './api';
import { put } from './db';
import { can, pushState, subscription, tellServer, type PushState } from './push';

/** Asks for the permission, and for an address; call it from a tap. */
export async function switchOn(): Promise<PushState> {
  if (!can()) return (pushState.value = 'unsupported');
  if ((await Notification.requestPermission()) !== 'granted') return (pushState.value = Notification.permission === 'denied' ? 'denied' : 'off');
  const registration = await navigator.serviceWorker.ready;
  const { vapid_public_key } = await need(api.GET('/v1/meta'));
  const key = bytes(vapid_public_key);
  let now = await registration.pushManager.getSubscription();
  if (now && !same(now.options.applicationServerKey, key)) { await now.unsubscribe(); now = null; }
  await tellServer(now ?? (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })));
  return (pushState.value = 'on');
}

/** The server forgets the address, then the browser does. */
export async function switchOff(): Promise<void> {
  await need(api.DELETE('/v1/devices/{id}/push', { params: { path: { id: 'current' } } }));
  await forgetAddress();
}

/** Ends the address on the phone alone, where the server knows already. */
export async function forgetAddress(): Promise<void> {
  await put('push', undefined);
  if (can()) await (await subscription())?.unsubscribe();
  pushState.value = 'off';
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function same(a: ArrayBuffer | null, b: Uint8Array): boolean {
  const left = new Uint8Array(a ?? []);
  return left.length === b.length && left.every((v, i) => v === b[i]);
}
