// What is signed in, a second phone, and signing one out.
import { useEffect, useState } from 'preact/hooks';
import { eventText, readAudit, type AuditEvent } from '../core/audit';
import { api, need, offlineSince } from '../core/api';
import { devices, nameOf, readDevices } from '../core/devices';
import { forgetPhone } from '../core/leave';
import { waitingCount } from '../core/outbox';
import { problemText } from '../core/problem';
import { session, signedOut } from '../core/session';
import { sync } from '../core/sync';
import { date, dateTime, t, tn } from '../core/words';
import type { Device } from '../core/types';
import { route } from '../core/way';
import { once } from '../components/focus';
import { Group } from '../components/fields';
import { Icon, Item, Wrong } from '../components/parts';
import { PhotoTotal } from '../components/photo-total';
import { QR } from '../components/qr';
import { Banner, Screen } from '../components/shell';
import { Sheet, Sure } from '../components/sheet';
import { say } from '../components/toast';

/** Which phone is to be signed out; none is this one. */
interface Leaving { device?: Device }

export default function Phones() {
  const [log, setLog] = useState<AuditEvent[]>([]);
  const [leaving, setLeaving] = useState<Leaving>();
  useEffect(() => { void readDevices(); void readAudit().then(setLog); }, []);
  const mine = session.value?.device;
  const signIns = log.filter((e) => e.event.startsWith('sign_'));
  const out = signedOut.value;
  return (
    <Screen title={t('devices.title')} back="/app/more" tab="more">
      <Banner />
      {offlineSince.value && <p class="small second">{t('devices.offline')}</p>}
      {out ? <button type="button" class="btn" onClick={() => setLeaving({})}><Icon name="trash" size="s" />{t('devices.forget')}</button> : <>
        <Pair />
        <Group id="in" title={t('devices.signed_in')}>
          <ul class="card card--flush">
            {[...devices.value].sort((a, b) => Number(b.id === mine) - Number(a.id === mine)).map((d) => (
              <li key={d.id}>
                <div class="item">
                  <Icon name={/Android|iPhone|iPad/.test(d.name) ? 'device' : 'laptop'} />
                  <span class="grow"><b>{nameOf(devices.value, d.id, mine)}</b><span>{t('devices.since', { date: date(d.created_at, 'date') })} {seen(d, mine)} {pushWords(d)}</span></span>
                  <button type="button" class="icon-btn" aria-label={d.id === mine ? t('devices.sign_out_this') : t('devices.sign_out', { phone: d.name })} onClick={() => setLeaving(d.id === mine ? {} : { device: d })}><Icon name="out" size="s" /></button>
                </div>
              </li>
            ))}
          </ul>
        </Group>
      </>}
      {signIns.length > 0 && (
        <Group id="log" title={t('devices.log')}>
          <ul class="card card--flush">{signIns.slice(0, 8).map((e) => <li key={e.id}><Item icon={e.event === 'sign_out' ? 'out' : 'key'} title={eventText(e)} note={dateTime(e.at, 'date')} /></li>)}</ul>
        </Group>
      )}
      <Sheet open={leaving !== undefined} onClose={() => setLeaving(undefined)} title={leaving?.device ? t('devices.sign_out', { phone: leaving.device.name }) : out ? t('devices.forget') : t('devices.sign_out_this')} no={t('devices.cancel')}>
        {leaving && <Leave device={leaving.device} onDone={() => setLeaving(undefined)} />}
      </Sheet>
    </Screen>
  );
}

const seen = (d: Device, mine: string | undefined): string => (d.last_seen_at && d.id !== mine ? t('devices.seen', { date: date(d.last_seen_at, 'short') }) : '');

function pushWords(d: Device): string {
  if (!d.push) return t('devices.push_none');
  if (d.push.state === 'active') return t('devices.push_active');
  return d.push.state === 'gone' ? t('devices.push_gone') : t('devices.push_broken');
}

/** Signs a phone out. On this one it says what only this one has; one that was signed out before is only emptied. */
function Leave({ device, onDone }: { device: Device | undefined; onDone: () => void }) {
  const was = signedOut.value;
  useEffect(() => { if (!device) void sync(); }, []); // what waits may still go
  const out = async () => {
    if (!was) await need(api.DELETE('/v1/devices/{id}', { params: { path: { id: device?.id ?? 'current' } } }));
    onDone();
    if (device) {
      say(t('devices.is_out', { phone: device.name }));
      void readDevices();
    } else {
      await forgetPhone();
      route('/app/welcome', true);
    }
  };
  return device ? (
    <Sure lead={t('devices.sign_out_lead')} yes={t('devices.out')} onYes={out} />
  ) : (
    <Sure lead={t('devices.sign_out_this_lead')} yes={was ? t('devices.remove') : t('devices.out')} onYes={out}>
      {waitingCount.value > 0 && <p class="strong">{tn('devices.unsent', waitingCount.value)}</p>}
      <PhotoTotal />
    </Sure>
  );
}

/** Minutes and seconds of what is left. */
export function left(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/** The code as a picture and as letters, while it holds. The address has it behind its #, which no server is sent. */
function Pair() {
  const [code, setCode] = useState<{ code: string; expires_at: string }>();
  const [now, setNow] = useState(Date.now());
  const [problem, setProblem] = useState('');
  useEffect(() => {
    if (!code) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [code]);
  const make = async () => {
    setProblem('');
    try {
      setCode(await need(api.POST('/v1/pairing-codes')));
      setNow(Date.now());
    } catch (e) {
      setProblem(problemText(e));
    }
  };
  const rest = code ? Date.parse(code.expires_at) - now : 0;
  const shown = code && rest > 0;
  return (
    <section class="card card--center" aria-labelledby="pair">
      <h2 id="pair">{t('devices.add')}</h2>
      {shown ? (
        <>
          <QR text={`${location.origin}/app/sign-in#${code.code}`} label={t('devices.qr')} />
          <p class="small second">{t('devices.scan')}</p>
          <p class="code code--short">{(code.code.replace(/-/g, '').match(/.{1,4}/g) ?? []).map((part) => <span key={part}>{part}</span>)}</p>
          <p class="small second num">{t('devices.left', { time: left(rest) })}</p>
        </>
      ) : (
        <>
          <p class="small second" role="status">{code ? t('devices.over') : t('devices.add_lead')}</p>
          <button type="button" class="btn btn--main btn--wide" onClick={() => void once('pair', make)}>{code ? t('devices.again') : t('devices.show')}</button>
        </>
      )}
      <Wrong text={problem} />
    </section>
  );
}
