// The way through the app. Each screen is a file of its own, loaded when it is
// opened; to add one, add its line to the table.
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { LocationProvider, Route, Router, lazy, useLocation } from 'preact-iso';
import { session, signedOut } from './core/session';
import Home from './screens/home';

type Load = () => Promise<{ default: ComponentType }>;

/** Screens that nobody has to be signed in for. */
const open: Record<string, Load> = {
  '/app/welcome': () => import('./screens/welcome'),
  '/app/sign-in': () => import('./screens/sign-in'),
  '/app/help': () => import('./screens/help'),
};

/** The others; /app itself is home. */
const screens: Record<string, Load> = {
  '/app/recovery-code': () => import('./screens/recovery-code'),
  '/app/health': () => import('./screens/health'),
  '/app/check-in': () => import('./screens/check-in'),
  '/app/check-in/questions': () => import('./screens/questions'),
  '/app/answers/:id': () => import('./screens/answer'),
  '/app/rolled': () => import('./screens/rolled'),
  '/app/soak': () => import('./screens/soak'),
  '/app/warnings/:id': () => import('./screens/warning'),
  '/app/outbox': () => import('./screens/outbox'),
};

const entry = (table: Record<string, Load>) => Object.entries(table).map(([path, load]) => ({ path, component: lazy(load) }));
const [openRoutes, routes] = [entry(open), entry(screens)];

function Lead({ to }: { to: string }) {
  const { route } = useLocation();
  useEffect(() => route(to, true), [to]);
  return null;
}

const ToHome = () => <Lead to="/app" />;
const ToWelcome = () => <Lead to="/app/welcome" />;

/** Who is not signed in is led to the welcome; who was signed out by the server still sees the diary. */
function Routes() {
  const inside = session.value || signedOut.value;
  return (
    <Router onRouteChange={() => scrollTo(0, 0)}>
      {openRoutes.map((r) => <Route key={r.path} path={r.path} component={r.component} />)}
      {(inside ? [{ path: '/app', component: Home }, ...routes] : []).map((r) => <Route key={r.path} path={r.path} component={r.component} />)}
      <Route default component={inside ? ToHome : ToWelcome} />
    </Router>
  );
}

export function App() {
  return <LocationProvider scope="/app"><Routes /></LocationProvider>;
}
