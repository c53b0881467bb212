// May I roll? A word, an icon and a date; then the two actions, and the next step.
import { useEffect } from 'preact/hooks';
import { offlineSince } from '../core/api';
import { catalogue, stateWord, word } from '../core/catalogue';
import { all, lastSession, lengthOf } from '../core/mirror';
import { plan, readPlan } from '../core/plan';
import { clock, freshFor, mayIRoll, type View } from '../core/rest';
import { sync } from '../core/sync';
import { account, signedOut } from '../core/session';
import { takeUpdate, update } from '../core/worker';
import { date, dateTime, number, t, tn } from '../core/words';
import type { PlanItem, Warning } from '../core/types';
import type { Way } from '../core/way';
import { Big, Icon, Item } from '../components/parts';
import { Ring } from '../components/ring';
import { Banner, Screen } from '../components/shell';
import { active, WarnRow } from '../components/warn';

export default function Home({ Offers }: Way) {
  useEffect(() => {
    void sync().then(readPlan);
    void readPlan();
    const timer = setInterval(() => { clock.value = Date.now(); }, freshFor / 4);
    return () => clearInterval(timer);
  }, []);
  const view = mayIRoll.value;
  return (
    <Screen title={date(new Date(clock.value), 'day')} quiet tab="today">
      <Banner />
      {update.value && <button type="button" class="banner" onClick={takeUpdate}><Icon name="save" /><span>{t('home.update')}</span></button>}
      {active(all<Warning>('warnings')).map((w) => <WarnRow key={w.id} warning={w} />)}
      <Answer view={view} />
      {view.rest && view.rest.blocked_by.length > 0 && <Blocks view={view} />}
      <div class="pair pair--two">
        <Big main icon="ask" title={t('home.check_in')} cost={t('home.check_in_cost')} href="/app/check-in" />
        <Big icon="roller" title={t('home.rolled')} cost={t('home.rolled_cost')} href="/app/rolled" />
      </div>
      {view.state === 'ready' ? <Before /> : <Next />}
      {Offers && <Offers />}
      {view.state === 'unknown' && view.until && <p class="live live--no center">{t('home.last', { date: date(view.until, 'day') })}</p>}
    </Screen>
  );
}

function Answer({ view }: { view: View }) {
  return (
    <section class="rest" data-state={view.state}>
      <h1 class="rest__q">{t('home.question')}</h1>
      <Ring view={view} now={clock.value} word={stateWord('rest', view.state)} sub={sub(view)} />
      <Until view={view} />
    </section>
  );
}

/** Rules that only a doctor, or having been looked at, lifts. */
const asksDoctor = new Set(['RS-05', 'RS-06', 'RS-07']);
/** Where a person can do something about what blocks. */
const ways: Record<string, string> = { 'RS-03': '/app/check-in', 'RS-04': '/app/check-in', 'RS-05': '/app/doctor', 'RS-06': '/app/doctor', 'RS-14': '/app/health' };

/** The line under the word. */
function sub(view: View): string | undefined {
  switch (view.state) {
    case 'resting':
    case 'early': return tn('home.left', Math.ceil((Date.parse(view.until!) - clock.value) / 86_400_000));
    case 'ready': return view.until ? t('home.since', { date: date(view.until, 'near') }) : undefined;
    case 'unknown': return signedOut.value ? t('core.signed_out') : offlineSince.value ? t('home.no_connection') : t('home.asking');
    case 'blocked': return (view.rest?.blocked_by.some((b) => asksDoctor.has(b.rule)) && word('home.blocked')) || undefined;
  }
}

function Until({ view }: { view: View }) {
  if (view.state === 'ready') {
    return (
      <>
        <p class="live">{t('home.asked', { time: date(new Date(view.asked!), 'time') })}</p>
        <p class="rest__until text">{word('home.ready')}</p>
      </>
    );
  }
  if (view.state === 'unknown') {
    return <><p class="rest__until">{word('home.unknown')}</p><p class="rest__why">{word('home.unknown.why')}{offlineSince.value && ` ${word('home.unknown.works')}`}</p></>;
  }
  if (!view.until || view.state === 'blocked') return null;
  return (
    <>
      <p class="rest__until">{t('home.until')} <strong>{date(view.until, 'day')}</strong>, {date(view.until, 'time')}</p>
      <p class="rest__why">{word('home.calm_by_then')}. {why(view)}</p>
    </>
  );
}

function why(view: View): string {
  const last = lastSession();
  const mm = lengthOf(last);
  const parts: string[] = [];
  if (last) parts.push(mm ? t('home.rolled_mm', { mm: number(mm), date: date(last.ended_at ?? last.started_at, 'day') }) : t('home.rolled_on', { date: date(last.ended_at ?? last.started_at, 'day') }));
  if (view.state === 'resting' && view.floor) parts.push(word('home.resting.floor', { day: date(view.floor, 'day') }));
  if (view.state === 'early') parts.push(word('home.early'));
  return parts.filter(Boolean).join(' ');
}

function Blocks({ view }: { view: View }) {
  return (
    <section class="group" aria-labelledby="why">
      <h2 id="why">{t('home.why')}</h2>
      <ul class="card card--flush">
        {view.rest!.blocked_by.map((b) => (
          <li key={b.code}><Item icon={b.rule === 'RS-14' ? 'shield' : 'stop'} title={catalogue.value?.blocks.find((x) => x.key === b.code)?.title ?? b.message} note={<>{b.message} {b.until && t('home.block_until', { date: date(b.until, 'day') })}</>} href={ways[b.rule]} /></li>
        ))}
        {view.until && Date.parse(view.until) > clock.value && <li><Item icon="moon" title={t('home.rest_not_over')} note={t('home.block_until', { date: dateTime(view.until) })} /></li>}
      </ul>
    </section>
  );
}

/** Of the steps of a plan, by their kind. */
export const icons: Record<string, string> = { check_in: 'ask', aftercare: 'drop', rest_over: 'dawn', roller_care: 'roller', progress: 'photos', recheck: 'thermo', risk_review: 'shield', warning: 'eye' };

/** What comes next: first what is due, then what is coming. */
export function nextStep(items: PlanItem[]): PlanItem | undefined {
  return items.find((i) => i.state === 'due') ?? items.filter((i) => i.state === 'upcoming').sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
}

function Next() {
  const step = nextStep(plan.value?.plan.items ?? []);
  if (account.value && account.value.risks === null && !step) return <Item alone icon="shield" title={t('home.health')} href="/app/health" />;
  if (!step) return null;
  const href = step.kind === 'check_in' ? '/app/check-in' : step.kind === 'risk_review' ? '/app/health' : '/app/plan';
  return <Item alone icon={icons[step.kind] ?? 'bell'} title={step.title} href={href} end={<span class="item__end">{step.state === 'due' ? t('home.due') : date(step.due_at, 'near')}</span>} />;
}

/** What to know before rolling, where a go-ahead stands. */
function Before() {
  const lines = ['eye', 'hand', 'clock', 'roller'].map((icon, i) => ({ icon, text: word(`home.before.${i + 1}`) })).filter((l) => l.text);
  if (lines.length === 0) return null;
  return (
    <section class="card" aria-labelledby="before">
      <h2 id="before">{word('home.before')}</h2>
      <ul class="helplist">
        {lines.map((l) => <li key={l.icon}><Icon name={l.icon} /><span>{l.text} {l.icon === 'clock' && <a href="/app/soak">{t('home.timer')}</a>}</span></li>)}
      </ul>
    </section>
  );
}
