// Is anything left? One tap if not, else the questions.
import { callWord, emergencyNumber, word } from '../core/catalogue';
import { calm } from '../core/checkin';
import { newId } from '../core/ids';
import { all } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { date, t, tn } from '../core/words';
import type { Row, Session } from '../core/types';
import { route } from '../core/way';
import { once } from '../components/focus';
import { Fold } from '../components/fields';
import { Big, Call } from '../components/parts';
import { Screen } from '../components/shell';
import { say } from '../components/toast';

export default function CheckIn() {
  const nothingLeft = async () => {
    const row: Row = { id: newId(), observed_at: new Date().toISOString(), ...calm };
    await save('reports', row, 'core.entry_calm');
    void sync();
    route(`/app/answers/${row.id}`);
    say(t('checkin.noted'), async () => { await remove('reports', row, 'core.entry_removed'); void sync(); route('/app'); });
  };
  const number = emergencyNumber();
  return (
    <Screen title={t('checkin.title')} quiet close="/app">
      <div class="head">
        <p class="eyebrow">{when()}</p>
        <h1>{word('checkin.title')}</h1>
      </div>
      <div class="pair">
        <Big main tall icon="hand" title={t('checkin.nothing')} cost={t('checkin.nothing_cost')} onClick={() => void once('calm', nothingLeft)} />
        <Big tall icon="pencil" title={t('checkin.something')} cost={t('checkin.something_cost')} href="/app/check-in/questions" />
      </div>
      {word('checkin.calm.notes') && (
        <Fold card icon="info" title={word('checkin.calm')}>
          <p class="small second">{word('checkin.calm.notes')}</p>
          <p class="small second">{word('checkin.calm.unless')}</p>
        </Fold>
      )}
      <section class="card card--line" aria-label={t('core.emergency')}>
        {word('checkin.red') && <p class="strong">{word('checkin.red')}</p>}
        {number ? <Call number={number} title={callWord(number)} /> : <p class="strong">{callWord(undefined)}</p>}
      </section>
    </Screen>
  );
}

/** Five days after rolling, and what day it is. */
function when(): string {
  const now = new Date();
  const last = all<Session>('sessions').map((s) => Date.parse(s.ended_at ?? s.started_at)).filter((at) => at <= now.getTime()).sort((a, b) => b - a)[0];
  const today = date(now, 'day');
  const days = Math.floor((now.getTime() - (last ?? now.getTime())) / 86_400_000);
  return days > 0 ? `${tn('checkin.after', days)}, ${today}` : today;
}
