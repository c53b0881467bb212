// The way through the app. Home and welcome are there at once; all other screens come in one
// file, so that what they share is packed once. To add one, write its file and a
// line of the table.
import type { ComponentType } from 'preact';
import { signal } from './core/signal';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { session, signedOut } from './core/session';
import { here, match, route, type Way } from './core/way';
import Home from './screens/home';
import Welcome from './screens/welcome';

/** Screens that nobody has to be signed in for, by their path below /app; its last part is their file. */
const open = ['/welcome', '/sign-in', '/help'];
const inside = [
  '/recovery-code', '/health', '/check-in', '/check-in/questions', '/rolled', '/soak', '/outbox', '/plan', '/history', '/history/months', '/history/entries',
  '/photos', '/photos/compare', '/photos/scales', '/photos/expect', '/more', '/rollers', '/doctor', '/doctor/visit', '/reminders', '/phones', '/data', '/language', '/about',
];
/** Those whose file has another name. */
const others = {
  '': 'home', '/answers/:id': 'answer', '/warnings/:id': 'warning', '/history/entries/:collection/:id': 'entry', '/photos/take': 'take-photo', '/rollers/:id': 'roller', '/reminders/:id': 'reminder',
};
const byName = (paths: string[]): [path: string, name: string][] => paths.map((path) => [path, path.split('/').pop()!]);

const screens = signal<Record<string, ComponentType<Way> | ComponentType>>({ home: Home, welcome: Welcome });

/** Loads the other screens; a tap that comes first waits for them. */
export async function loadScreens(): Promise<void> {
  screens.value = { ...screens.peek(), ...(await import('./screens')).screens };
}

/** The screen of a path, and what the path says to it. */
function find(path: string, known: boolean): [name: string, params: Record<string, string>] | undefined {
  for (const [pattern, name] of [...byName(open), ...(known ? [...byName(inside), ...Object.entries(others)] : [])]) {
    const params = match(`/app${pattern}`, path);
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
  const start = known ? '/app' : '/app/welcome';
  const there = find(path, known);
  const found = there ?? find(start, known)!;
  const screen = screens.value[found[0]] as ComponentType<Way> | undefined;
  useEffect(() => {
    if (!there) route(start, true);
    else if (!screen) void loadScreens();
  }, [path, known]);
  if (screen) shown = [screen, { params: found[1], query: Object.fromEntries(new URLSearchParams(search)) }];
  useLayoutEffect(() => scrollTo(0, 0), [path, screen]);
  if (!shown) return null;
  const [Screen, way] = shown;
  return <Screen {...way} Offers={screens.value.offers as ComponentType} />;
}
