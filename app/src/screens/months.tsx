// Sessions and rests over months, and how many check-ins were answered. No
// streaks: rolling more is no merit.
import { useState } from 'preact/hooks';
import { word } from '../core/catalogue';
import { months, type Month } from '../core/cycles';
import { all } from '../core/mirror';
import { date, number, t, tn } from '../core/words';
import type { Reminder, Session } from '../core/types';
import { Empty, Fold } from '../components/fields';
import { Banner, Screen } from '../components/shell';
import { Views } from '../components/views';

const few = 6;
const many = 24;
const row = 31;
const left = 40;

export default function Months() {
  const [most, setMost] = useState(few);
  const sessions = all<Session>('sessions');
  const shown = months(sessions, all<Reminder>('reminders'), new Date(), most);
  const [answered, asked] = [shown.reduce((n, m) => n + m.answered, 0), shown.reduce((n, m) => n + m.asked, 0)];
  const older = sessions.some((s) => Date.parse(s.started_at) < (shown[0]?.start.getTime() ?? 0));
  return (
    <Screen title={t('core.tab_history')} tab="history">
      <Banner />
      <Views now="months" />
      {sessions.length === 0 ? <Empty icon="calendar" title={t('history.empty')}><p>{t('history.empty_note')}</p><a class="btn" href="/app/rolled">{t('home.rolled')}</a></Empty> : (
        <section class="card chart" aria-labelledby="months">
          <h2 id="months">{t('history.sessions_rest')}</h2>
          <Chart shown={shown} />
          <p class="key">
            <span><svg viewBox="0 0 24 14" aria-hidden="true"><circle class="chart__bar" cx="12" cy="7" r="6" /></svg>{t('core.entry_session')}</span>
            <span><svg viewBox="0 0 24 14" aria-hidden="true"><rect class="chart__rest" x=".5" y=".5" width="23" height="13" rx="6.5" /></svg>{t('history.rest')}</span>
          </p>
          <p class="small second">{asked > 0 && word('chart.answered', { n: number(answered), max: number(asked) })} {word('chart.no_streaks')}</p>
          <Fold icon="note" title={t('history.table')}><Table shown={shown} /></Fold>
          {older && most < many && <button type="button" class="btn" onClick={() => setMost(many)}>{t('history.earlier_months')}</button>}
        </section>
      )}
    </Screen>
  );
}

function Chart({ shown }: { shown: Month[] }) {
  const width = 301;
  const n = shown.reduce((sum, m) => sum + m.sessions.length, 0);
  return (
    <svg viewBox={`0 0 342 ${shown.length * row + 8}`} role="img" aria-label={`${tn('history.sessions', n)} ${t('history.in_table')}`}>
      {shown.map((m, i) => {
        const x = (d: number): number => Math.round(10 * (left + (d * width) / 31)) / 10;
        const top = 8 + i * row;
        return (
          <g key={i}>
            <text x="0" y={top + 14}>{date(m.start, 'month')}</text>
            <rect class="chart__month" x={left} y={top} width={x(m.days) - left} height="18" rx="9" />
            {m.rests.map((r) => <rect key={r.from} class="chart__rest" x={x(r.from)} y={top} width={Math.max(2, x(r.to) - x(r.from))} height="18" rx="9" />)}
            {m.sessions.map((d) => <circle key={d} class="chart__bar" cx={Math.min(x(d) + 9, 332)} cy={top + 9} r="6" />)}
          </g>
        );
      })}
    </svg>
  );
}

function Table({ shown }: { shown: Month[] }) {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={t('history.table')}>
      <table class="table">
        <caption class="vh">{t('history.sessions_rest')}</caption>
        <thead><tr><th scope="col">{t('history.month')}</th><th scope="col">{t('history.sessions_head')}</th><th scope="col">{t('history.rest_kept')}</th><th scope="col">{t('history.checkins_answered')}</th></tr></thead>
        <tbody>
          {[...shown].reverse().map((m) => (
            <tr key={m.start.getTime()}>
              <th scope="row">{date(m.start, 'months')}</th><td>{number(m.sessions.length)}</td>
              <td>{m.advised ? t('history.days_of', { n: number(m.kept), of: number(m.advised) }) : '–'}</td>
              <td>{m.asked ? t('history.n_of', { n: number(m.answered), of: number(m.asked) }) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
