// One reminder: what it says, the ways to answer, and what became of it.
import { useEffect, useState } from 'preact/hooks';
import { api, need, offlineSince } from '../core/api';
import { steps, summary, type Step } from '../core/became';
import { label } from '../core/catalogue';
import { devices, nameOf, readDevices } from '../core/devices';
import { keepRow, one, serverRow } from '../core/mirror';
import { save } from '../core/outbox';
import { session } from '../core/session';
import { sync } from '../core/sync';
import { date, t } from '../core/words';
import { isOpen, type Reminder as Row } from '../core/types';
import { type Way } from '../core/way';
import { Empty, Group } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';

const icons: Record<Step['state'], string> = { done: 'check', skipped: 'minus', held: 'hold', due: 'ask' };
const heard: Record<Step['state'], string> = { done: 'reminders.done', skipped: 'reminders.passed', held: 'reminders.waits', due: 'home.due' };
const readAgain = 3_000;

/** Reads it now, and again while it is on its way. */
function useLive(id: string): void {
  useEffect(() => {
    const read = async () => {
      try {
        await keepRow('reminders', { ...(await need(api.GET('/v1/reminders/{id}', { params: { path: { id } } }))) });
      } catch { /* what is kept serves, and the banner says so */ }
    };
    void read();
    void readDevices();
    const timer = setInterval(() => { if (document.visibilityState === 'visible') void read(); }, readAgain);
    return () => clearInterval(timer);
  }, [id]);
}

export default function Reminder({ params }: Way) {
  const id = params.id!;
  useLive(id);
  const [now] = useState(() => Date.now());
  const row = one<Row>('reminders', id);
  return (
    <Screen title={t('reminders.became')} back="/app/reminders" tab="more">
      <Banner />
      {row ? <Told row={row} now={Math.max(now, Date.parse(row.updated_at))} /> : <Empty icon="bell" title={t('reminders.not_here')} />}
    </Screen>
  );
}

function Told({ row, now }: { row: Row; now: number }) {
  return (
    <>
      <div class="head">
        <p class="eyebrow">{t('reminders.of', { kind: label('kinds', row.kind), date: date(row.due_at, 'day') })}</p>
        <p class="lead"><strong>{t(`reminders.sum_${summary(row)}`)}</strong></p>
        {offlineSince.value && <p class="small second">{t('reminders.stale')}</p>}
      </div>
      <section class="card" aria-labelledby="says"><h2 id="says">{row.title}</h2><p class="small">{row.message}</p>{isOpen(row) && <Answers row={row} />}</section>
      <Line all={steps(row, now)} />
      <Group id="do" title={t('reminders.do')}>
        <ul class="card card--flush">
          <li><Item icon="send" title={t('reminders.test')} href="/app/reminders" /></li>
          <li><Item icon="device" title={t('reminders.phones')} href="/app/phones" /></li>
          <li><Item icon="info" title={t('reminders.battery')} note={t('reminders.battery_note')} /></li>
        </ul>
      </Group>
    </>
  );
}

const places: Partial<Record<Row['kind'], string>> = { check_in: '/app/check-in', recheck: '/app/check-in', risk_review: '/app/health', progress: '/app/photos' };

/** The way to answer: its own screen, or two buttons. */
function Answers({ row }: { row: Row }) {
  const place = row.kind === 'warning' ? '/app' : places[row.kind];
  const send = async (answer: Partial<Row>) => {
    await save('reminders', { ...row, ...answer }, 'reminders.entry_answer', serverRow('reminders', row.id));
    void sync();
    say(t('reminders.answered'));
  };
  return (
    <div class="pair pair--two">
      {place
        ? <a class="btn btn--main" href={place}>{t('reminders.answer_now')}</a>
        : <button type="button" class="btn btn--main" onClick={() => void send({ state: 'acknowledged', acknowledged_at: new Date().toISOString() })}>{label('actions', 'acknowledge')}</button>}
      {row.state !== 'snoozed' && <button type="button" class="btn" onClick={() => void send({ state: 'snoozed', snoozed_until: new Date(Date.now() + 3_600_000).toISOString() })}>{label('actions', 'snooze')}</button>}
    </div>
  );
}

/** The steps by day. */
function Line({ all }: { all: Step[] }) {
  const days = new Map<string, Step[]>();
  let day = '';
  for (const s of all) {
    if (s.at) day = date(s.at, 'day');
    days.set(day, [...(days.get(day) ?? []), s]);
  }
  if (all.length === 0) return null;
  return (
    <section class="line" aria-label={t('reminders.became')}>
      {[...days].map(([name, list]) => (
        <div key={name}>
          {name && <h2 class="line__day">{name}</h2>}
          <ul>{list.map((s, i) => <One key={i} step={s} />)}</ul>
        </div>
      ))}
    </section>
  );
}

function One({ step }: { step: Step }) {
  const phone = step.phone ? nameOf(devices.value, step.phone, session.value?.device) : '';
  const why = step.reason ? (/^[A-Z]{2}-\d+$/.test(step.reason) ? t('reminders.why_rule', { rule: step.reason }) : label('reasons', step.reason)) : step.note ? t(`reminders.step_${step.note}`) : '';
  return (
    <li class="line__item" data-state={step.state}>
      <span class="line__dot"><Icon name={icons[step.state]} /></span>
      <span><span class="vh">{t(heard[step.state])}: </span><b>{t(`reminders.step_${step.word}`, { phone, when: step.until ? date(step.until, 'near') : '' })}</b>{why && <span class="small">{why}</span>}</span>
      {step.at ? <time dateTime={step.at}>{date(step.at, 'time')}</time> : <span />}
    </li>
  );
}
