// The service worker as the page sees it. A new version takes over when the app
// is started anew, or on the home screen when nothing is being typed.
import { signal } from './signal';
import { get, put } from './db';
import { sync } from './sync';
import { route } from './way';

/** A newer version of the app waits. */
export const update = signal<ServiceWorker | undefined>(undefined);

export function startWorker(): void {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  void workers.register('/app/sw.js', { scope: '/app' }).then((registration) => {
    const look = (): void => { if (registration.waiting && workers.controller) update.value = registration.waiting; };
    look();
    registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  }).catch(() => undefined); // without it the app works, only not offline
}

/** Hears what the worker says from the first moment on: a tap on a message can come while the app starts. */
export function hearWorker(): void {
  navigator.serviceWorker?.addEventListener('message', (event) => {
    const said = event.data as { open?: string; sync?: boolean };
    if (said.open) route(said.open);
    if (said.sync || said.open) void sync();
  });
}

/** Lets the newer version take over, and starts anew with it. */
export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  update.value?.postMessage('take over');
}

/** What is being typed is kept, so that no reload loses it. */
export async function draft<T>(key: string): Promise<T | undefined> { return get<T>(`draft:${key}`); }
export async function keepDraft(key: string, value: unknown): Promise<void> { await put(`draft:${key}`, value); }
