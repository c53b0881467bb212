// One cycle: its signs by hours and days, with what people often tell behind
// them. What was not answered is a dotted line, never a 0.
import { catalogue, stateWord, word } from '../core/catalogue';
import { axis, course, ended, line, looks, outline, signs, top, usual, type Look, type Row, type Sign } from '../core/cycles';
import { all, lengthOf, newestFirst } from '../core/mirror';
import { date, dateTime, number, t, tn } from '../core/words';
import type { Reminder, Report, Session, Warning } from '../core/types';
import { route, type Way } from '../core/way';
import { Empty, Fold } from '../components/fields';
import { Icon } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { needle } from '../components/summary';
import { Views } from '../components/views';
import { TierBand } from '../components/warn';

export default function History({ query }: Way) {
  const sessions = newestFirst(all<Session>('sessions'));
  const at = Math.max(0, sessions.findIndex((s) => s.id === query.session));
  const s = sessions[at];
  if (!s) return <Screen title={t('core.tab_history')} tab="history"><Banner /><Views now="cycle" /><Empty icon="chart" title={t('history.empty')}><p>{t('history.empty_note')}</p><a class="btn" href="/app/rolled">{t('home.rolled')}</a></Empty></Screen>;
  const next = sessions[at - 1];
  const seen = looks(s, next, all<Report>('reports'), all<Reminder>('reminders'));
  const rows = course(catalogue.value?.courses ?? [], lengthOf(s));
  const warnings = all<Warning>('warnings').filter((w) => w.raised_at >= ended(s) && w.state !== 'superseded' && (!next || w.raised_at < next.started_at)).sort((a, b) => a.raised_at.localeCompare(b.raised_at));
  const go = (to: Session | undefined) => to && route(`/app/history?session=${to.id}`, true);
  return (
    <Screen title={t('core.tab_history')} tab="history">
      <Banner />
      <Views now="cycle" />
      <section class="card chart" aria-labelledby="cycle">
        <div class="cyclehead">
          <button type="button" class="icon-btn" aria-label={t('history.earlier')} aria-disabled={!sessions[at + 1]} onClick={() => go(sessions[at + 1])}><Icon name="back" turn /></button>
          <div aria-live="polite"><h2 id="cycle">{date(ended(s), 'date')}</h2><p class="small second">{t('history.of_cycles', { what: needle(s), n: sessions.length - at, of: sessions.length })}</p></div>
          <button type="button" class="icon-btn" aria-label={t('history.later_cycle')} aria-disabled={!next} onClick={() => go(next)}><Icon name="next" turn /></button>
        </div>
        {seen.some((l) => l.report) ? <Charts seen={seen} rows={rows} /> : <p class="second">{t('history.no_reports')}</p>}
        {seen.length > 0 && <Fold icon="note" title={t('history.table')}><Table seen={seen} rows={rows} of={date(ended(s), 'day')} /></Fold>}
        <a class="item item--in" href={`/app/history/entries/sessions/${s.id}`}><Icon name="roller" /><span class="grow"><b>{t('history.the_session')}</b></span><Icon name="next" size="s" turn /></a>
      </section>
      {warnings.length > 0 && (
        <section class="group" aria-labelledby="warned">
          <h2 id="warned">{t('history.warnings')}</h2>
          {warnings.map((w) => <a key={w.id} class="warn warn--row" data-tier={w.tier} href={`/app/warnings/${w.id}`}><TierBand tier={w.tier} /><h3>{w.title}</h3><p>{dateTime(w.raised_at)} · {stateWord('warning', w.state)}</p></a>)}
        </section>
      )}
    </Screen>
  );
}

const nameOf = (sign: Sign): string => catalogue.value?.symptoms.find((q) => q.field === sign)?.name ?? sign;

function Charts({ seen, rows }: { seen: Look[]; rows: Row[] }) {
  return (
    <>
      <h3>{nameOf('pain')}</h3>
      <Chart sign="pain" seen={seen} rows={rows} box={{ w: 342, h: 184, left: 28, right: 334, top: 18, foot: 158, r: 5 }} axes />
      <p class="key">
        <span><svg viewBox="0 0 24 14" aria-hidden="true"><rect class="chart__env" width="24" height="14" rx="3" /><path class="chart__env-top" d="M0 1H24" /></svg>{word('chart.usual')}</span>
        <span><svg viewBox="0 0 24 14" aria-hidden="true"><circle class="chart__pt" cx="12" cy="7" r="5" /></svg>{word('chart.own')}</span>
        <span><svg viewBox="0 0 24 14" aria-hidden="true"><circle class="chart__pt chart__pt--over" cx="12" cy="7" r="5" /></svg>{word('chart.more')}</span>
        <span><svg viewBox="0 0 24 14" aria-hidden="true"><path class="chart__line chart__line--gap" d="M1 7H24" /></svg>{word('chart.unanswered')}</span>
      </p>
      {signs.slice(1).map((sign) => (
        <figure key={sign} class="chart chart--small">
          <figcaption class="small">{nameOf(sign)}</figcaption>
          <Chart sign={sign} seen={seen} rows={rows} box={{ w: 240, h: 44, left: 4, right: 236, top: 6, foot: 36, r: 3.6 }} />
        </figure>
      ))}
    </>
  );
}

interface Box { w: number; h: number; left: number; right: number; top: number; foot: number; r: number }

function Chart({ sign, seen, rows, box, axes }: { sign: Sign; seen: Look[]; rows: Row[]; box: Box; axes?: boolean }) {
  const most = top(sign);
  const x = (h: number): number => round(box.left + ((box.right - box.left) * h) / (axis * 24));
  const y = (v: number): number => round(box.foot - ((box.foot - box.top) * v) / most);
  const { points, stretches } = line(seen.filter((l) => l.h <= axis * 24), sign, rows);
  const edge = outline(rows, sign).map((p) => `${x(p.h)} ${y(p.value)}`).join('L');
  const above = points.filter((p) => p.over).length;
  return (
    <svg class="grow" viewBox={`0 0 ${box.w} ${box.h}`} role="img" aria-label={`${t('history.chart', { sign: nameOf(sign), max: most, days: axis })} ${tn('history.answers', points.length)} ${above ? tn('history.above', above) : ''}`}>
      {axes && <path class="chart__grid" d={`M${box.left} ${y(most)}H${box.right}M${box.left} ${y(most / 2)}H${box.right}`} />}
      {edge && <><path class="chart__env" d={`M${edge}V${box.foot}H${box.left}Z`} /><path class="chart__env-top" d={`M${edge}`} /></>}
      <path class="chart__axis" d={`M${box.left} ${box.foot}H${box.right}`} />
      {axes && (
        <>
          <g text-anchor="end">{[most, most / 2, 0].map((v) => <text key={v} x={box.left - 8} y={y(v) + 4}>{number(v)}</text>)}</g>
          <g text-anchor="middle">{[1, 2, 3, 5, 7].map((d) => <text key={d} x={x(d * 24)} y={box.foot + 20}>{number(d)}</text>)}</g>
          <text text-anchor="end" x={box.w} y={box.foot + 20}>{t('history.day', { n: number(axis) })}</text>
        </>
      )}
      {stretches.map((s) => <path key={s.to.h} class={`chart__line${s.gap ? ' chart__line--gap' : ''}`} d={`M${x(s.from.h)} ${y(s.from.value)}L${x(s.to.h)} ${y(s.to.value)}`} />)}
      {points.map((p) => <circle key={p.h} class={`chart__pt${p.over ? ' chart__pt--over' : ''}`} cx={x(p.h)} cy={y(p.value)} r={box.r} />)}
    </svg>
  );
}

const round = (n: number): number => Math.round(n * 10) / 10;

function Table({ seen, rows, of }: { seen: Look[]; rows: Row[]; of: string }) {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={t('history.table_of', { date: of })}>
      <table class="table">
        <caption class="vh">{t('history.table_of', { date: of })}</caption>
        <thead><tr><th scope="col">{t('history.after_it')}</th><th scope="col">{nameOf('pain')}</th><th scope="col">{word('chart.usual')}</th>{signs.slice(1).map((s) => <th key={s} scope="col">{nameOf(s)}</th>)}</tr></thead>
        <tbody>
          {seen.map((l) => (
            <tr key={l.at}>
              <th scope="row" class="nowrap">{l.report ? <a href={`/app/history/entries/reports/${l.report.id}`}>{since(l.h)}</a> : since(l.h)}</th>
              {l.report ? <Values look={l} rows={rows} /> : <td colSpan={signs.length + 1}>{word('chart.unanswered')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Values({ look, rows }: { look: Look; rows: Row[] }) {
  const cell = (sign: Sign) => {
    const value = look.report![sign];
    if (value === null || value === undefined) return <span class="second" title={word('chart.unanswered')}>–<span class="vh"> {word('chart.unanswered')}</span></span>;
    const most = usual(rows, sign, look.h);
    return most !== undefined && value > most ? <><strong>{number(value)}</strong> ●<span class="vh"> {word('chart.more')}</span></> : number(value);
  };
  const most = usual(rows, 'pain', look.h);
  return <><td>{cell('pain')}</td><td>{most === undefined ? '–' : t('history.up_to', { n: number(most) })}</td>{signs.slice(1).map((s) => <td key={s}>{cell(s)}</td>)}</>;
}

/** Hours on the first day, then days by halves. */
const since = (h: number): string => (h < 24 ? t('history.hours', { n: number(Math.max(0, Math.round(h))) }) : t('history.day', { n: number(Math.round(h / 12) / 2) }));
