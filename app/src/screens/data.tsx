// What is stored: take it along, take back what was allowed, see what happened, erase it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { eventText, readAudit, type AuditEvent } from '../core/audit';
import { api, call, need, offlineSince, refusal } from '../core/api';
import { catalogue, word } from '../core/catalogue';
import { put } from '../core/db';
import { devices, nameOf, readDevices } from '../core/devices';
import { forgetPhone } from '../core/leave';
import { problemText } from '../core/problem';
import { asksProof, prove } from '../core/prove';
import { readPush } from '../core/push';
import { sync } from '../core/sync';
import { account, session } from '../core/session';
import { date, dateTime, t } from '../core/words';
import type { Consent } from '../core/types';
import { route } from '../core/way';
import { once } from '../components/focus';
import { Field, Fold, Group, Switch } from '../components/fields';
import { Icon, Item, Wrong } from '../components/parts';
import { PhotoTotal } from '../components/photo-total';
import { Banner, Screen } from '../components/shell';
import { Sheet, Sure } from '../components/sheet';
import { copy, say } from '../components/toast';

/** What stands in the sheet; with a no it is a last question. */
interface Question { title: string; no?: string; body: ComponentChildren }
type Purpose = 'health_data' | 'push';
const purposes: Purpose[] = ['health_data', 'push'];

export default function Data() {
  const [question, setQuestion] = useState<Question>();
  const [consents, setConsents] = useState<Consent[]>();
  const [events, setEvents] = useState<AuditEvent[]>([]);
  const read = async () => {
    void readDevices();
    setEvents(await readAudit());
    try { setConsents((await need(api.GET('/v1/account/consents'))).items); } catch { /* the banner says so */ }
  };
  useEffect(() => { void read(); }, []);

  /** Does it; asks for a proof first where the server wants one. */
  const proving = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (e) {
      if (!asksProof(e)) throw e;
      setQuestion({ title: t('data.prove'), body: <Prove onProved={async () => { await work(); close(); }} /> });
    }
  };
  /** The same where no sheet is open that could say what went wrong. */
  const run = (work: () => Promise<void>) => once('data', () => proving(work).catch((e) => say(problemText(e))));
  const close = () => setQuestion(undefined);
  const sure = (title: string, lead: string, yes: string, work: () => Promise<void>) => setQuestion({ title, no: t('data.erase_no'), body: <Sure lead={lead} yes={yes} onYes={() => proving(work)} /> });
  const take = () => run(async () => { await download(); say(t('data.exported')); await read(); });
  const renew = () => run(async () => {
    const { recovery_code } = await need(api.POST('/v1/account/recovery-code'));
    await put('recovery-code', recovery_code);
    route('/app/recovery-code');
  });
  const erase = async () => {
    await need(api.DELETE('/v1/account'));
    await forgetPhone();
    route('/app/welcome', true);
    say(t('data.erased'));
  };
  const setConsent = async (purpose: Purpose, on: boolean) => {
    const path = { params: { path: { purpose } } };
    if (on) await need(api.PUT('/v1/account/consents/{purpose}', { ...path, body: { version: catalogue.value!.consents.find((c) => c.purpose === purpose)!.version } }));
    else await need(api.DELETE('/v1/account/consents/{purpose}', path));
    say(on ? t('data.given') : t('data.taken_back'));
    await read();
    void readPush();
    void sync(); // what had to wait for it
  };
  return (
    <Screen title={t('data.title')} back="/app/more" tab="more">
      <Banner />
      {offlineSince.value && <p class="small second">{t('devices.offline')}</p>}
      <Group id="take" title={t('data.take')}>
        <ul class="card card--flush">
          <li><Item icon="save" title={t('data.export')} note={t('data.export_note')} onClick={() => void take()} end={<span />} /></li>
          <li><Item icon="key" title={t('data.recovery')} note={t('data.recovery_note')} onClick={() => void renew()} /></li>
          <li><Item icon="calendar" title={t('data.calendar')} note={t('data.calendar_note')} onClick={() => setQuestion({ title: t('data.calendar'), body: <CalendarSheet onEnd={close} /> })} /></li>
          <li><PhotoTotal /></li>
        </ul>
      </Group>
      {consents && (
        <Group id="allowed" title={t('data.allowed')}>
          <ul class="card card--flush">
            {purposes.map((p) => <li key={p}><Allowed purpose={p} consent={consents.find((c) => c.purpose === p)} onChange={(on) => (on ? void run(() => setConsent(p, true)) : sure(t('data.withdraw_health'), p === 'push' ? t('data.withdraw_push_lead') : t('data.withdraw_health_lead'), t('data.withdraw'), async () => { await setConsent(p, false); close(); }))} /></li>)}
          </ul>
        </Group>
      )}
      {events.length > 0 && <Happened events={events} />}
      <section class="card card--line" aria-labelledby="erase">
        <h2 id="erase">{t('data.erase')}</h2>
        <p class="small second">{t('data.erase_lead')}</p>
        <button type="button" class="btn" onClick={() => sure(t('data.erase_last'), t('data.erase_lead'), t('data.erase_yes'), erase)}><Icon name="trash" size="s" />{t('data.erase_button')}</button>
      </section>
      <Sheet open={question !== undefined} onClose={close} title={question?.title ?? ''} no={question?.no}>{question?.body}</Sheet>
    </Screen>
  );
}

/** The copy as a file; it goes from the server to the downloads and nowhere else. */
async function download(): Promise<void> {
  const answer = await call('/v1/account/export');
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => undefined));
  const url = URL.createObjectURL(await answer.blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: `aftercare-${new Date().toISOString().slice(0, 10)}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function Allowed({ purpose, consent, onChange }: { purpose: Purpose; consent: Consent | undefined; onChange: (on: boolean) => void }) {
  const on = consent !== undefined && consent.withdrawn_at === null;
  const since = !consent ? t('data.not_given') : on ? t('data.since', { date: date(consent.granted_at, 'date'), version: consent.version }) : t('data.withdrawn', { date: date(consent.withdrawn_at!, 'date') });
  return <Switch title={t(`data.for_${purpose}`)} note={`${since} ${purpose === 'health_data' ? word('data.without_consent') : ''}`} on={on} onChange={onChange} />;
}

const shownEvents = 4;

function Happened({ events }: { events: AuditEvent[] }) {
  const row = (e: AuditEvent) => <li key={e.id}><Item icon="note" title={eventText(e)} note={when(e)} /></li>;
  return (
    <Group id="happened" title={t('data.happened')}>
      <ul class="card card--flush">{events.slice(0, shownEvents).map(row)}</ul>
      {events.length > shownEvents && <Fold card icon="history" title={t('data.all_entries')}><ul class="rows">{events.slice(shownEvents).map(row)}</ul></Fold>}
    </Group>
  );
}

function when(e: AuditEvent): string {
  const at = dateTime(e.at, 'date');
  return e.device_id ? t('data.on_phone', { when: at, phone: nameOf(devices.value, e.device_id, session.value?.device) }) : at;
}

/** Asks for the recovery code or the password, then does what was asked for. */
function Prove({ onProved }: { onProved: () => Promise<void> }) {
  const [secret, setSecret] = useState('');
  const [error, setError] = useState('');
  const box = useRef<HTMLFormElement>(null);
  const password = Boolean(account.value?.email);
  const submit = async () => {
    try {
      if (secret.trim() && (await prove(secret, password))) return await onProved();
      setError(t('data.prove_wrong'));
      box.current?.querySelector('input')?.focus();
    } catch (problem) {
      setError(problemText(problem));
    }
  };
  return (
    <form class="stack" ref={box} onSubmit={(e) => { e.preventDefault(); void once('prove', submit); }} noValidate>
      <Field label={password ? t('data.prove_password') : t('core.recovery')} help={t('data.prove_code')} error={error || undefined}>
        {(p) => <input {...p} {...(password ? { type: 'password' as const, autocomplete: 'current-password' as const } : { type: 'text' as const, autocomplete: 'off' as const })} spellcheck={false} value={secret} onInput={(e) => { setSecret(e.currentTarget.value); setError(''); }} />}
      </Field>
      <button type="submit" class="btn btn--main btn--wide">{t('data.go_on')}</button>
    </form>
  );
}

function CalendarSheet({ onEnd }: { onEnd: () => void }) {
  const [problem, setProblem] = useState('');
  const [url, setUrl] = useState('');
  const [copied, setCopied] = useState(false);
  const make = async () => {
    const made = await need(api.PUT('/v1/account/calendar'));
    setUrl(new URL(made.url, location.origin).href);
  };
  const end = async () => {
    await need(api.DELETE('/v1/account/calendar'));
    say(t('data.calendar_ended'));
    onEnd();
  };
  const fail = (e: unknown) => setProblem(problemText(e));
  return (
    <>
      <p class="small" id="sheet-lead">{url ? t('data.calendar_lead') : t('data.calendar_note')}</p>
      {url && <p class="address">{url}</p>}
      <Wrong text={problem} />
      <button type="button" class="btn btn--main" onClick={() => void (url ? copy(url).then(setCopied) : make().catch(fail))}>
        {url ? <><Icon name="copy" size="s" />{copied ? t('core.copied') : t('core.copy')}</> : t('data.calendar_make')}
      </button>
      <button type="button" class="btn" onClick={() => void end().catch(fail)}>{t('data.calendar_end')}</button>
    </>
  );
}
