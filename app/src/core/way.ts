// Where in the app the person is: the address bar, which every screen may change.
import type { ComponentType } from 'preact';
import { signal } from './signal';

/** What a screen is given: of its address, and for home what comes with the second script. */
export interface Way { params: Record<string, string>; query: Record<string, string | undefined>; Offers?: ComponentType }

const now = (): string => location.pathname + location.search;

/** The path with what follows its question mark. */
export const here = signal(typeof location === 'undefined' ? '' : now());

/** Leads to another screen, in the place of this one if asked. */
export function route(to: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  here.value = now();
}

/** Follows Back, Forward, and links within the app; the browser keeps every other click. */
export function watchWay(): void {
  addEventListener('popstate', () => { here.value = now(); });
  document.addEventListener('click', (e) => {
    const link = (e.target as Element).closest?.('a');
    if (!link || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
    if (link.origin !== location.origin || !/^\/app(\/|$)/.test(link.pathname) || link.hash || link.target || link.download) return;
    e.preventDefault();
    route(link.pathname + link.search);
  });
}

/** What the path says where the pattern has names, or undefined if it is another one. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const found = new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)')}/?$`).exec(path);
  return found ? Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)])) : undefined;
}
