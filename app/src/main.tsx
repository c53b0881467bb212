// Starts the app: what is kept on the phone first, the server after that.
import './styles/tokens.css';
import './styles/app.css';
import { render } from 'preact';
import { App, loadScreens } from './routes';
import { loadCatalogue } from './core/catalogue';
import { readMirror } from './core/mirror';
import { readOutbox } from './core/outbox';
import { keepTidy, readPush } from './core/push';
import { watchInstall } from './core/install';
import { restoreRest } from './core/rest';
import { restore, session } from './core/session';
import { keepInStep, sync } from './core/sync';
import { speak } from './core/words';
import { watchWay } from './core/way';
import { hearWorker, startWorker } from './core/worker';

const soon = 500;

async function start(): Promise<void> {
  watchInstall();
  hearWorker();
  watchWay();
  await Promise.all([speak(), restore()]);
  await Promise.all([loadCatalogue(), readMirror(), readOutbox(), restoreRest()]);
  render(<App />, document.getElementById('app')!);
  keepInStep();
  startWorker();
  keepTidy();
  void readPush();
  if (session.value) void sync();
  setTimeout(() => void loadScreens(), soon); // before the first tap, after the first picture
}

void start();
