// The way through the app. Each screen is a file of its own, loaded when it is
// opened; to add one, write the file that the table names, or add its line.
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { LocationProvider, Route, Router, lazy, useLocation } from 'preact-iso';
import { session, signedOut } from './core/session';
import Home from './screens/home';

/** Every screen by its file; those that nobody has to be signed in for first. */
const open = { '/app/welcome': 'welcome', '/app/sign-in': 'sign-in', '/app/help': 'help' };
const inside = {
  '/app/recovery-code': 'recovery-code', '/app/health': 'health',
  '/app/check-in': 'check-in', '/app/check-in/questions': 'questions', '/app/answers/:id': 'answer',
  '/app/rolled': 'rolled', '/app/soak': 'soak', '/app/warnings/:id': 'warning', '/app/outbox': 'outbox',
  '/app/plan': 'plan', '/app/history': 'history', '/app/history/months': 'months', '/app/history/entries': 'entries', '/app/history/entries/:collection/:id': 'entry',
  '/app/photos': 'photos', '/app/photos/take': 'take-photo', '/app/photos/compare': 'compare', '/app/photos/scales': 'scales', '/app/photos/expect': 'expect',
  '/app/more': 'more', '/app/rollers': 'rollers', '/app/rollers/:id': 'roller', '/app/doctor': 'doctor', '/app/doctor/visit': 'visit',
  '/app/reminders': 'reminders', '/app/reminders/:id': 'reminder', '/app/phones': 'phones', '/app/data': 'data', '/app/language': 'language', '/app/about': 'about',
};

type Load = () => Promise<{ default: ComponentType }>;
const files = import.meta.glob<{ default: ComponentType }>(['./screens/*.tsx', '!./screens/home.tsx']) as Record<string, Load>;

/** The routes whose screens are there: a path without one leads to home. */
const entry = (table: Record<string, string>) => Object.entries(table).flatMap(([path, name]) => {
  const load = files[`./screens/${name}.tsx`];
  return load ? [{ path, component: lazy(load) }] : [];
});
const [openRoutes, routes] = [entry(open), entry(inside)];

function Lead({ to }: { to: string }) {
  const { route } = useLocation();
  useEffect(() => route(to, true), [to]);
  return null;
}

const ToHome = () => <Lead to="/app" />;
const ToWelcome = () => <Lead to="/app/welcome" />;

/** Who is not signed in is led to the welcome; who was signed out by the server still sees the diary. */
function Routes() {
  const known = session.value || signedOut.value;
  return (
    <Router onRouteChange={() => scrollTo(0, 0)}>
      {openRoutes.map((r) => <Route key={r.path} path={r.path} component={r.component} />)}
      {(known ? [{ path: '/app', component: Home }, ...routes] : []).map((r) => <Route key={r.path} path={r.path} component={r.component} />)}
      <Route default component={known ? ToHome : ToWelcome} />
    </Router>
  );
}

export function App() {
  return <LocationProvider scope="/app"><Routes /></LocationProvider>;
}
