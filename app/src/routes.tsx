// The way through the app. Home is there at once; all other screens come in one
// file, so that what they share is packed once. To add one, write its file and a
// line of the table.
import type { ComponentType } from 'preact';
import { signal } from './core/signal';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { session, signedOut } from './core/session';
import { here, match, route, type Way } from './core/way';
import Home from './screens/home';

/** Every screen by its file; those that nobody has to be signed in for first. */
const open = { '/app/welcome': 'welcome', '/app/sign-in': 'sign-in', '/app/help': 'help' };
const inside = {
  '/app': 'home', '/app/recovery-code': 'recovery-code', '/app/health': 'health',
  '/app/check-in': 'check-in', '/app/check-in/questions': 'questions', '/app/answers/:id': 'answer',
  '/app/rolled': 'rolled', '/app/soak': 'soak', '/app/warnings/:id': 'warning', '/app/outbox': 'outbox',
  '/app/plan': 'plan', '/app/history': 'history', '/app/history/months': 'months', '/app/history/entries': 'entries', '/app/history/entries/:collection/:id': 'entry',
  '/app/photos': 'photos', '/app/photos/take': 'take-photo', '/app/photos/compare': 'compare', '/app/photos/scales': 'scales', '/app/photos/expect': 'expect',
  '/app/more': 'more', '/app/rollers': 'rollers', '/app/rollers/:id': 'roller', '/app/doctor': 'doctor', '/app/doctor/visit': 'visit',
  '/app/reminders': 'reminders', '/app/reminders/:id': 'reminder', '/app/phones': 'phones', '/app/data': 'data', '/app/language': 'language', '/app/about': 'about',
};

const screens = signal<Record<string, ComponentType<Way>>>({ './home.tsx': Home });

/** Loads the other screens; a tap that comes first waits for them. */
export async function loadScreens(): Promise<void> {
  screens.value = { ...screens.peek(), ...(await import('./screens')).screens };
}

/** The screen of a path, and what the path says to it. */
function find(path: string, known: boolean): [name: string, params: Record<string, string>] | undefined {
  for (const [pattern, name] of Object.entries({ ...open, ...(known && inside) })) {
    const params = match(pattern, path);
    if (params) return [name, params];
  }
  return undefined;
}

/** What was shown last stays until the next screen is there. */
let shown: [ComponentType<Way>, Way] | undefined;

/** Who is not signed in is led to the welcome; who was signed out by the server still sees the diary. */
export function App() {
  const known = Boolean(session.value || signedOut.value);
  const [path = '', search] = here.value.split('?');
  const found = find(path, known);
  const screen = found && screens.value[`./${found[0]}.tsx`];
  useEffect(() => {
    if (!found) route(known ? '/app' : '/app/welcome', true);
    else if (!screen) void loadScreens();
  }, [path, known]);
  if (found && screen) shown = [screen, { params: found[1], query: Object.fromEntries(new URLSearchParams(search)) }];
  useLayoutEffect(() => scrollTo(0, 0), [path, screen]);
  if (!shown) return null;
  const [Screen, way] = shown;
  return <Screen {...way} />;
}
