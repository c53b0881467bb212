// When and what to be reminded of; what the lock screen says; does it arrive.
import { useEffect, useState } from 'preact/hooks';
import { readAccount, set, type Settings } from '../core/account';
import { api, need, offlineSince, Unreachable } from '../core/api';
import { summary } from '../core/became';
import { label, word } from '../core/catalogue';
import { all } from '../core/mirror';
import { problemText } from '../core/problem';
import { pushState, readPush } from '../core/push';
import { switchOff, switchOn } from '../core/push-switch';
import { account, session } from '../core/session';
import { sync } from '../core/sync';
import { date, t } from '../core/words';
import { isOpen, type Account, type Reminder } from '../core/types';
import { route } from '../core/way';
import { Field, Fold, Group, Switch } from '../components/fields';
import { Icon, Item, Wrong } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { Sheet } from '../components/sheet';
import { say } from '../components/toast';

const kinds = ['check_in', 'aftercare', 'rest_over', 'roller_care', 'progress'] as const;
const shownReminders = 12;

async function save(next: Settings): Promise<void> {
  say(t('more.saved'), await set(next));
}

export default function Reminders() {
  useEffect(() => { void readAccount(); void readPush(); }, []);
  const person = account.value;
  if (!person) return null;
  return (
    <Screen title={t('reminders.title')} back="/app/more" tab="more">
      <Banner />
      <ThisPhone />
      <Group id="when" title={t('reminders.when')}><Times person={person} /></Group>
      <Group id="what" title={t('reminders.what')}>
        <ul class="card card--flush">
          {kinds.map((k) => <li key={k}><Switch title={label('kinds', k)} note={word(`reminders.${k}`)} on={person.notify[k]} onChange={(on) => void save({ notify: { ...person.notify, [k]: on } })} /></li>)}
        </ul>
        <p class="small second">{word('reminders.warnings')}</p>
      </Group>
      <Group id="lock" title={t('reminders.lock')}><LockScreen person={person} /></Group>
      <Group id="arrives" title={t('reminders.arrives')}><Arrives /></Group>
    </Screen>
  );
}

/** Messages to this phone, with what stands against them. */
function ThisPhone() {
  const [problem, setProblem] = useState('');
  const state = pushState.value;
  const turn = async (on: boolean) => {
    setProblem('');
    try {
      await (on ? switchOn() : switchOff());
    } catch (e) {
      setProblem(e instanceof Unreachable ? t('core.no_network') : t('reminders.push_failed'));
    }
    if (on !== (pushState.peek() === 'on')) await readPush();
  };
  return (
    <Group id="phone" title={t('reminders.this_phone')}>
      <div class="card card--flush">
        {state === 'unsupported'
          ? <Item icon="bell" title={t('reminders.messages')} note={t('reminders.push_unsupported')} />
          : <Switch title={t('reminders.messages')} note={t(`reminders.push_${state}`)} on={state === 'on'} onChange={(on) => void turn(on)} />}
      </div>
      <Wrong text={problem} />
    </Group>
  );
}

function Times({ person }: { person: Account }) {
  const [open, setOpen] = useState<'quiet' | 'hour'>();
  const { start, end } = person.quiet_hours;
  return (
    <>
      <ul class="card card--flush">
        <li><Item icon="moon" title={t('reminders.quiet')} note={word('reminders.quiet')} onClick={() => setOpen('quiet')}
          end={<span class="item__end num">{start === end ? t('reminders.none') : t('reminders.span', { start, end })}</span>} /></li>
        <li><Item icon="clock" title={t('reminders.hour')} onClick={() => setOpen('hour')} end={<span class="item__end num">{person.reminder_time}</span>} /></li>
      </ul>
      <Sheet open={open === 'quiet'} onClose={() => setOpen(undefined)} title={t('reminders.quiet')}>
        <TimeForm help={t('reminders.same')} fields={{ start: [t('reminders.from'), start], end: [t('reminders.to'), end] }}
          onSave={(v) => { setOpen(undefined); void save({ quiet_hours: { start: v.start!, end: v.end! } }); }} />
      </Sheet>
      <Sheet open={open === 'hour'} onClose={() => setOpen(undefined)} title={t('reminders.hour')}>
        <TimeForm fields={{ hour: [t('reminders.hour'), person.reminder_time] }} onSave={(v) => { setOpen(undefined); void save({ reminder_time: v.hour! }); }} />
      </Sheet>
    </>
  );
}

/** Times by the phone's own control; each has a label and what stands. */
function TimeForm({ help, fields, onSave }: { help?: string; fields: Record<string, [label: string, now: string]>; onSave: (times: Record<string, string>) => void }) {
  const [times, setTimes] = useState<Record<string, string>>(() => Object.fromEntries(Object.entries(fields).map(([k, [, now]]) => [k, now])));
  const [tried, setTried] = useState(false);
  const submit = (e: Event) => {
    e.preventDefault();
    setTried(true);
    if (Object.values(times).every(Boolean)) onSave(times);
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <div class="pair pair--two">
        {Object.entries(fields).map(([k, [name]]) => (
          <Field key={k} label={name} error={tried && !times[k] ? t('reminders.time_missing') : undefined}>
            {(p) => <input {...p} type="time" value={times[k]} onInput={(e) => setTimes({ ...times, [k]: e.currentTarget.value })} />}
          </Field>
        ))}
      </div>
      {help && <p class="small second">{help}</p>}
      <button type="submit" class="btn btn--main btn--wide">{t('core.save')}</button>
    </form>
  );
}

function LockScreen({ person }: { person: Account }) {
  return (
    <div class="card">
      <fieldset>
        <legend class="vh">{t('reminders.lock_words')}</legend>
        <div class="seg">
          {(['neutral', 'detailed'] as const).map((v) => (
            <label key={v}><input type="radio" name="lock" value={v} checked={person.lock_screen === v} onChange={() => void save({ lock_screen: v })} />{t(`reminders.lock_${v}`)}</label>
          ))}
        </div>
      </fieldset>
      <p class="row small preview"><Icon name={person.lock_screen === 'neutral' ? 'lock' : 'eye'} /><span>{t(`reminders.lock_${person.lock_screen}_note`)}</span></p>
    </div>
  );
}

/** The test, and what became of the latest reminders. */
function Arrives() {
  const [problem, setProblem] = useState('');
  const mine = session.value?.device;
  const reminders = all<Reminder>('reminders').filter((r) => r.state !== 'scheduled' && (r.deliveries.length > 0 || isOpen(r) || r.state === 'expired' || r.state === 'held'))
    .sort((a, b) => b.due_at.localeCompare(a.due_at));
  const shown = reminders.filter((r) => r.kind === 'test').flatMap((r) => r.deliveries).filter((d) => d.device_id === mine && d.delivered_at).map((d) => d.delivered_at!).sort().at(-1);
  const test = async () => {
    if (pushState.peek() !== 'on') { setProblem(t('reminders.test_off')); return; }
    setProblem('');
    try {
      const { reminder_id } = await need(api.POST('/v1/devices/{id}/push/test', { params: { path: { id: 'current' } } }));
      void sync();
      route(`/app/reminders/${reminder_id}`);
    } catch (e) {
      setProblem(problemText(e));
    }
  };
  return (
    <>
      <ul class="card card--flush">
        <li><Item icon="send" title={t('reminders.test')} note={offlineSince.value ? t('core.no_network') : shown ? t('reminders.test_last', { date: date(shown, 'day') }) : t('reminders.test_note')} onClick={() => void test()} end={<span />} /></li>
        <li><Item icon="calendar" title={t('reminders.calendar')} note={t('reminders.calendar_note')} href="/app/data" /></li>
      </ul>
      <Wrong text={problem} />
      <Fold card icon="bell" title={t('reminders.why_not')}>
        <p class="small second">{reminders.length > 0 ? t('reminders.why_not_note') : t('reminders.none_yet')}</p>
        <ul class="rows">
          {reminders.slice(0, shownReminders).map((r) => <li key={r.id}><Item icon={r.kind === 'warning' ? 'eye' : 'bell'} title={t('reminders.of', { kind: label('kinds', r.kind), date: date(r.due_at, 'day') })} note={t(`reminders.sum_${summary(r)}`)} href={`/app/reminders/${r.id}`} /></li>)}
        </ul>
      </Fold>
    </>
  );
}
