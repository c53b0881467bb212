// What is signed in, a second phone, and signing one out.
import { useEffect, useState } from 'preact/hooks';
import { eventText, readAudit, type AuditEvent } from '../core/audit';
import { api, need, offlineSince } from '../core/api';
import { devices, nameOf, readDevices } from '../core/devices';
import { forgetPhone } from '../core/leave';
import { waitingCount } from '../core/outbox';
import { problemText } from '../core/problem';
import { session } from '../core/session';
import { date, t, tn } from '../core/words';
import type { Device } from '../core/types';
import { route } from '../core/way';
import { once } from '../components/focus';
import { Wrong } from '../components/form';
import { Group } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { QR } from '../components/qr';
import { Banner, Screen } from '../components/shell';
import { Sheet } from '../components/sheet';
import { say } from '../components/toast';

export default function Phones() {
  const [log, setLog] = useState<AuditEvent[]>([]);
  const [leaving, setLeaving] = useState<Device>();
  useEffect(() => { void readDevices(); void readAudit().then(setLog); }, []);
  const mine = session.value?.device;
  const signIns = log.filter((e) => e.event.startsWith('sign_'));
  return (
    <Screen title={t('devices.title')} back="/app/more" tab="more">
      <Banner />
      <Pair />
      <Group id="in" title={t('devices.signed_in')}>
        {offlineSince.value && <p class="small second">{t('devices.offline')}</p>}
        <ul class="card card--flush">
          {[...devices.value].sort((a, b) => Number(b.id === mine) - Number(a.id === mine)).map((d) => (
            <li key={d.id}>
              <div class="item">
                <Icon name={/Android|iPhone|iPad/.test(d.name) ? 'device' : 'laptop'} />
                <span class="grow"><b>{nameOf(devices.value, d.id, mine)}</b><span>{t('devices.since', { date: date(d.created_at, 'date') })} {seen(d, mine)} {pushWords(d)}</span></span>
                <button type="button" class="icon-btn" aria-label={d.id === mine ? t('devices.sign_out_this') : t('devices.sign_out', { phone: d.name })} onClick={() => setLeaving(d)}><Icon name="out" size="s" /></button>
              </div>
            </li>
          ))}
        </ul>
      </Group>
      {signIns.length > 0 && (
        <Group id="log" title={t('devices.log')}>
          <ul class="card card--flush">{signIns.slice(0, 8).map((e) => <li key={e.id}><Item icon={e.event === 'sign_out' ? 'out' : 'key'} title={eventText(e)} note={`${date(e.at, 'date')}, ${date(e.at, 'time')}`} /></li>)}</ul>
        </Group>
      )}
      <Sheet open={leaving !== undefined} onClose={() => setLeaving(undefined)} label={t('devices.out')}>
        {leaving && <Leave device={leaving} here={leaving.id === mine} onDone={() => setLeaving(undefined)} />}
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

function Leave({ device, here, onDone }: { device: Device; here: boolean; onDone: () => void }) {
  const [problem, setProblem] = useState('');
  const out = async () => {
    try {
      await need(api.DELETE('/v1/devices/{id}', { params: { path: { id: here ? 'current' : device.id } } }));
      onDone();
      if (here) {
        await forgetPhone();
        route('/app/welcome', true);
      } else {
        say(t('devices.is_out', { phone: device.name }));
        void readDevices();
      }
    } catch (e) {
      setProblem(problemText(e));
    }
  };
  return (
    <>
      <h2>{here ? t('devices.sign_out_this') : t('devices.sign_out', { phone: device.name })}</h2>
      <p>{here ? t('devices.sign_out_this_lead') : t('devices.sign_out_lead')}</p>
      {here && waitingCount.value > 0 && <p class="strong">{tn('devices.unsent', waitingCount.value)}</p>}
      <Wrong text={problem} />
      <div class="pair pair--two">
        <button type="button" class="btn" onClick={onDone}>{t('devices.cancel')}</button>
        <button type="button" class="btn btn--main" onClick={() => void out()}>{t('devices.out')}</button>
      </div>
    </>
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
          <p class="small second">{code ? t('devices.over') : t('devices.add_lead')}</p>
          <button type="button" class="btn btn--main btn--wide" onClick={() => void once('pair', make)}>{code ? t('devices.again') : t('devices.show')}</button>
        </>
      )}
      <Wrong text={problem} />
    </section>
  );
}
