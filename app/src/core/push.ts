// Messages to this phone. The browser gives an address, the server keeps it;
// everything works without one too.
import { computed, effect, signal } from './signal';
import { api, need } from './api';
import { get, put } from './db';
import { all } from './mirror';
import { session } from './session';
import type { Reminder, Warning } from './types';

export type PushState = 'unsupported' | 'denied' | 'off' | 'on';

export const pushState = signal<PushState>('off');

export const can = (): boolean => typeof Notification !== 'undefined' && 'serviceWorker' in navigator && 'PushManager' in window;

/** The address that the server was last told, of whom, and when. */
interface Told { endpoint: string; device: string; at: number }
const tellAgain = 7 * 86_400_000;

export async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration('/app');
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Looks how it stands; an address that the server does not know (any more) is told to it. */
export async function readPush(): Promise<void> {
  if (!can()) { pushState.value = 'unsupported'; return; }
  if (Notification.permission === 'denied') { pushState.value = 'denied'; return; }
  const [now, told] = [await subscription(), await get<Told>('push')];
  const device = session.peek()?.device;
  pushState.value = now && told && told.device === device ? 'on' : 'off';
  if (!now || !told || !device || told.device !== device) return;
  if (told.endpoint !== now.endpoint || Date.now() - told.at > tellAgain) await tellServer(now).catch(() => undefined); // the next start tries again
}

/** Gives the server the address. */
export async function tellServer(now: PushSubscription): Promise<void> {
  const body = { transport: 'webpush' as const, ...(now.toJSON() as { endpoint: string; keys: { p256dh: string; auth: string } }) };
  await need(api.PUT('/v1/devices/{id}/push', { params: { path: { id: 'current' } }, body }));
  await put('push', { endpoint: now.endpoint, device: session.peek()!.device, at: Date.now() } satisfies Told);
}

const over = new Set(['acknowledged', 'snoozed', 'expired', 'cancelled']);

/** The tags of notifications that nothing waits behind any more: the reminder was answered, or the warning. */
export function settledTags(reminders: Reminder[], warnings: Warning[]): Set<string> {
  return new Set([...reminders.filter((r) => over.has(r.state)).map((r) => r.id), ...warnings.filter((w) => w.state !== 'active').map((w) => w.id)]);
}

/** What is due and asks for an answer. */
export const openCount = computed(() => all<Warning>('warnings').filter((w) => w.state === 'active').length
  + all<Reminder>('reminders').filter((r) => r.kind === 'check_in' && (r.state === 'due' || r.state === 'sent')).length);

async function clearShown(settled: Set<string>): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration('/app');
  for (const n of (await registration?.getNotifications()) ?? []) if (settled.has(n.tag)) n.close();
}

/** Keeps the notifications and the badge of this phone as the diary is: browsers get no push that only clears. */
export function keepTidy(): void {
  effect(() => { void clearShown(settledTags(all<Reminder>('reminders'), all<Warning>('warnings'))).catch(() => undefined); });
  effect(() => { void navigator.setAppBadge?.(openCount.value).catch(() => undefined); });
}
