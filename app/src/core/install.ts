// Adding the app to the home screen, where the browser offers it.
import { signal } from './signal';

interface InstallEvent extends Event { prompt(): Promise<unknown> }

/** The browser's offer; it comes once, early, and is kept until it is used. */
export const offer = signal<InstallEvent | undefined>(undefined);

export const installed = (): boolean => matchMedia('(display-mode: standalone)').matches;

/** An iPhone has no offer: there the person does it by the share menu. */
export const byShareMenu = (): boolean => /iPhone|iPad/.test(navigator.userAgent) && !installed();

export function watchInstall(): void {
  addEventListener('beforeinstallprompt', (event) => { event.preventDefault(); offer.value = event as InstallEvent; });
  addEventListener('appinstalled', () => { offer.value = undefined; });
}

export async function install(): Promise<void> {
  const asked = offer.value;
  offer.value = undefined; // the browser lets it be used once
  await asked?.prompt();
}
