// Starts the app: what is kept on the phone first, the server after that.
import './styles/tokens.css';
import './styles/app.css';
import { render } from 'preact';
import { App } from './routes';
import { loadCatalogue } from './core/catalogue';
import { readMirror } from './core/mirror';
import { readOutbox } from './core/outbox';
import { watchInstall } from './core/install';
import { restoreRest } from './core/rest';
import { restore, session } from './core/session';
import { keepInStep, sync } from './core/sync';
import { speak } from './core/words';
import { hearWorker, startWorker } from './core/worker';

async function start(): Promise<void> {
  watchInstall();
  hearWorker();
  await Promise.all([speak(), restore()]);
  await Promise.all([loadCatalogue(), readMirror(), readOutbox(), restoreRest()]);
  render(<App />, document.getElementById('app')!);
  keepInStep();
  startWorker();
  void import('./core/push').then((push) => { push.keepTidy(); return push.readPush(); }); // not needed for the first picture
  if (session.value) void sync();
}

void start();
