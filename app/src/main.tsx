// Starts the app: what is kept on the phone first, the server after that.
import './styles/tokens.css';
import './styles/app.css';
import { render } from 'preact';
import { watchFocus } from './components/focus';
import { say } from './components/toast';
import { App, loadScreens } from './routes';
import { loadCatalogue } from './core/catalogue';
import { local } from './core/local';
import { readMirror } from './core/mirror';
import { readOutbox } from './core/outbox';
import { keepTidy, readPush } from './core/push';
import { watchInstall } from './core/install';
import { restorePlan } from './core/plan';
import { restoreRest } from './core/rest';
import { restore, session } from './core/session';
import { keepInStep, sync } from './core/sync';
import { speak, t, warm } from './core/words';
import { route, watchWay } from './core/way';
import { hearWorker, startWorker } from './core/worker';

const soon = 500;

const readKept = (): Promise<unknown> => Promise.all([restore(), readMirror(), readOutbox(), restoreRest(), restorePlan()]);

async function start(): Promise<void> {
  const known = local.known; // else there is nothing to wait for: the door
  const kept = known && readKept();
  if (known) setTimeout(warm); // while that is on its way
  watchInstall();
  hearWorker();
  watchWay();
  watchFocus();
  addEventListener('unhandledrejection', (e) => { if (e.reason instanceof DOMException) say(t('core.not_stored')); });
  await Promise.all([speak(), loadCatalogue(!known), kept]);
  render(<App />, document.getElementById('app')!);
  await (kept || readKept());
  if (session.value && !known) route('/app', true);
  keepInStep();
  keepTidy();
  void readPush();
  if (session.value) void sync();
  setTimeout(() => { startWorker(); void loadScreens(); }, soon); // before the first tap, after the first picture
}

void start();
