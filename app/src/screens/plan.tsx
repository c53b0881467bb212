// The plan: this cycle day by day, with a line where now is.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { offlineSince } from '../core/api';
import { label, stateWord, word } from '../core/catalogue';
import { all, lastSession, one, serverRow } from '../core/mirror';
import { entries, save } from '../core/outbox';
import { plan, readPlan } from '../core/plan';
import { fromReminders, timeline, type Groups, type Step } from '../core/timeline';
import { clock } from '../core/rest';
import { lastSync, sync } from '../core/sync';
import { date, dateTime, t } from '../core/words';
import type { PlanItem, Reminder, Report, Row as Stored, Session } from '../core/types';
import { Empty } from '../components/fields';
import { Icon } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';
import { areasOf, needle, signsOf, waitsFor } from '../components/summary';
import { icons } from './home';

const byState: Record<string, string> = { done: 'check', skipped: 'minus', held: 'hold' };
const byRule: Record<string, string> = {
  'AC-01': 'bottle', 'AC-02': 'bottle', 'AC-03': 'comb', 'AC-05': 'heat', 'AC-06': 'heat', 'AC-08': 'sun', 'AC-11': 'bottle', 'AC-12': 'bottle', 'AC-13': 'bottle', 'AC-14': 'heat', 'AC-15': 'pillow', 'AC-00': 'hand',
};
/** Steps whose text asks for a calm scalp. */
const notIfCalm = new Set(['AC-00', 'AC-08', 'AC-10', 'AC-15']);

export default function Plan() {
  useEffect(() => {
    void sync().then(readPlan);
    const timer = setInterval(() => { clock.value = Date.now(); }, 30_000);
    return () => clearInterval(timer);
  }, []);
  const now = new Date(clock.value);
  const last = lastSession(now.toISOString());
  const answer = plan.value;
  const live = answer?.live && offlineSince.value === undefined && answer.plan.session_id === (last?.id ?? null) && entries.value.length === 0;
  const items = live ? answer.plan.items : fromReminders(all<Reminder>('reminders'), last?.id ?? null, clock.value);
  const groups = timeline(items, all<Report>('reports'), last, now);
  const known = answer?.at ?? lastSync.value?.toISOString();
  return (
    <Screen title={t('core.tab_plan')} tab="plan">
      <Banner />
      {last || items.length > 0 ? (
        <>
          <div class="head">
            {last && <p class="second">{t('history.after', { what: needle(last), when: dateTime(last.ended_at ?? last.started_at) })} {last.rest && t('history.rest_until', { date: date(last.rest.until, 'day') })}</p>}
            {offlineSince.value && <p class="live live--no">{known ? t('history.as_of', { when: date(known, 'near') }) : t('history.from_phone')}</p>}
          </div>
          <Line groups={groups} now={now} last={last} />
        </>
      ) : (
        <Empty icon="plan" title={t('history.no_plan')}><p>{t('history.no_plan_note')}</p><a class="btn" href="/app/rolled">{t('home.rolled')}</a></Empty>
      )}
    </Screen>
  );
}

function Line({ groups, now, last }: { groups: Groups; now: Date; last?: Session }) {
  return (
    <section class="line" aria-label={t('history.steps')}>
      {last && <Group title={date(last.ended_at ?? last.started_at, 'day')} steps={groups.first} style="time" />}
      <Group title={t('history.until_yesterday')} steps={groups.until} style="weekday" />
      <Group title={t('history.today', { date: date(now, 'day') })} steps={groups.today.filter((s) => isNow(s, now))} style="since" />
      <p class="line__now"><span>{t('history.now', { time: date(now, 'time') })}</span></p>
      <Group title="" steps={groups.today.filter((s) => !isNow(s, now))} style="time" />
      <Group title={t('history.later')} steps={groups.later} style="later" />
    </section>
  );
}

/** Above the line: what was, is due, or waits. */
const isNow = (s: Step, now: Date): boolean => s.state !== 'upcoming' || Date.parse(s.at) <= now.getTime();

type When = 'time' | 'weekday' | 'since' | 'later';

function Group({ title, steps, style }: { title: string; steps: Step[]; style: When }) {
  if (steps.length === 0) return null;
  return (
    <>
      {title && <h2 class="line__day">{title}</h2>}
      <ul>{steps.map((s) => <Row key={s.id} step={s} when={whenOf(s, style)} />)}</ul>
    </>
  );
}

function whenOf(s: Step, style: When): string {
  const at = new Date(s.at);
  const far = Math.abs(at.getTime() - clock.value) > 6.5 * 86_400_000;
  if (style === 'since' && at.toDateString() !== new Date(clock.value).toDateString()) {
    return s.state === 'held' && s.items.length > 1 ? '' : t('history.since', { when: far ? date(at, 'short') : date(at, 'wday') });
  }
  if (style === 'time' || style === 'since') return date(at, 'time');
  if (far) return date(at, 'short');
  return style === 'weekday' ? date(at, 'wday') : date(at, 'near');
}

function Row({ step, when }: { step: Step; when: string }) {
  const item = step.items[0];
  const icon = byState[step.state] ?? byRule[item?.rule ?? ''] ?? icons[item?.kind ?? ''] ?? 'bell';
  return (
    <li class="line__item" data-state={step.state}>
      <span class="line__dot"><Icon name={icon} /></span>
      <span><span class="vh">{stateWord('plan', step.state)}: </span><What step={step} /></span>
      <time dateTime={step.at}>{when}</time>
    </li>
  );
}

function What({ step }: { step: Step }) {
  if (step.session) return <Linked href={`/app/history/entries/sessions/${step.session.id}`} title={t('history.rolled', { what: needle(step.session) })} note={areasOf(step.session)} />;
  if (step.report) return <Linked href={`/app/history/entries/reports/${step.report.id}`} title={t('core.entry_report')} note={signsOf(step.report)} />;
  const item = step.items[0]!;
  if (step.state === 'held') return <><b>{subjects(step.items)}</b><span class="small">{waitsFor(item.held_by)}</span></>;
  if (item.kind === 'check_in' || item.kind === 'recheck') return <CheckIn item={item} />;
  return <Told item={item} />;
}

function Linked({ href, title, note }: { href: string; title: string; note: ComponentChildren }) {
  return <><b><a class="line__link" href={href}>{title}</a></b>{note && <span class="small">{note}</span>}</>;
}

/** Two titles say that something is over: before it is, the step has another name. */
function titleOf(item: PlanItem): string {
  if (item.state !== 'upcoming' && item.state !== 'held') return item.title;
  if (item.kind === 'rest_over') return label('kinds', 'rest_over');
  return (item.rule === 'AC-01' && word('plan.step.AC-01')) || item.title;
}

/** The subjects of held steps; a step without one has its own title. */
function subjects(items: PlanItem[]): string {
  return [...new Set(items.map((i) => word(`plan.step.${i.rule}`) || titleOf(i)))].join(' · ');
}

function CheckIn({ item }: { item: PlanItem }) {
  if (item.state === 'skipped') return <><b>{item.kind === 'check_in' ? t('core.entry_report') : label('kinds', item.kind)}</b><span class="small">{word('plan.unanswered')}. {word('plan.unanswered.help')}.</span></>;
  if (item.state === 'due') return <><b>{item.title}</b><span class="small"><a class="line__act" href="/app/check-in">{t('history.check_in')}</a></span></>;
  return <b>{item.title}</b>;
}

/** A step with its text behind it; one that is due shows it, and can be marked as done. */
function Told({ item }: { item: PlanItem }) {
  const note = item.kind === 'rest_over' ? word('plan.live') : item.kind === 'aftercare' && item.state === 'upcoming' && !notIfCalm.has(item.rule ?? '') ? word('plan.if_calm') : '';
  if (item.kind === 'rest_over' || !item.message) return <><b>{titleOf(item)}</b>{note && <span class="small">{note}</span>}</>;
  return (
    <>
      <details class="line__more" open={item.state === 'due'}>
        <summary><b>{titleOf(item)}</b>{note && <span class="small">{note}</span>}</summary>
        <p class="small second">{item.message}</p>
      </details>
      {item.state === 'due' && (item.kind === 'risk_review'
        ? <a class="line__act" href="/app/health">{t('home.health')}</a>
        : <button type="button" class="line__act" aria-label={t('history.sign', { name: label('actions', 'acknowledge'), value: item.title })} onClick={() => void done(item)}>{label('actions', 'acknowledge')}</button>)}
    </>
  );
}

/** Marks a step as done, with ten seconds to take it back. */
async function done(item: PlanItem): Promise<void> {
  const before = one<Stored>('reminders', item.id) ?? { id: item.id };
  const mark = async (row: Stored) => {
    await save('reminders', row, 'core.entry_step', serverRow('reminders', item.id));
    void sync().then(readPlan);
  };
  await mark({ ...before, state: 'acknowledged', acknowledged_at: new Date().toISOString() });
  say(t('history.marked', { step: item.title }), () => mark(before));
}
