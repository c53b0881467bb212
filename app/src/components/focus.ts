// Where the focus goes when what had it is gone, such as a button that did its
// work; and that a double tap is one.

/** Leads the focus to a thing that may be none of the tab order, such as what just appeared. */
function lead(to: HTMLElement | null | undefined, options?: FocusOptions): void {
  if (to && to.tabIndex < 0) to.tabIndex = -1;
  to?.focus(options);
}

/** Leads it to the first one, or the nth, of what the next drawing shows. */
export function focusOn(selector: string, n = 0): void {
  setTimeout(() => lead(document.querySelectorAll<HTMLElement>(selector)[n]));
}

export const toMain = (): void => lead(document.querySelector('main'), { preventScroll: true });

/** What had the focus last, and what it was in. */
let trail: HTMLElement[] = [];

/** Where it is gone, the group that it was in has the focus, else the content. */
export function refind(): void {
  if (document.activeElement !== document.body || !trail[0] || trail[0].isConnected) return;
  const group = trail.find((e) => e.isConnected && e.matches('li,section,fieldset,dialog'));
  if (group) lead(group, { preventScroll: true }); else toMain();
}

export function watchFocus(): void {
  addEventListener('focusin', (e) => {
    trail = [];
    for (let at = e.target as HTMLElement | null; at; at = at.parentElement) trail.push(at);
  });
  new MutationObserver(refind).observe(document.body, { childList: true, subtree: true });
}

const busy = new Set<string>();

/** Does the work of a tap; a second one while it is under way is not heard. */
export async function once(name: string, work: () => Promise<unknown>): Promise<void> {
  if (busy.has(name)) return;
  busy.add(name);
  try { await work(); } finally { busy.delete(name); }
}
