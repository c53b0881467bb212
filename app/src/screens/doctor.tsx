// For a doctor: what was booked or said, the links that are open, a new page.
// A link is shown by the server once, so its address is kept on this phone.
import { useEffect, useState } from 'preact/hooks';
import { api, need } from '../core/api';
import { word } from '../core/catalogue';
import { get, put } from '../core/db';
import { pageOf } from '../core/diary';
import { all } from '../core/mirror';
import { problemText } from '../core/problem';
import { noon, today } from '../core/rollers';
import { date, dayOf, language, t, tn } from '../core/words';
import type { ClinicianEvent, DoctorReport, ReportPart, Session } from '../core/types';
import { outcomeWord } from '../components/diary';
import { focusOn, once } from '../components/focus';
import { Area, Input } from '../components/form';
import { Box } from '../components/fields';
import { Icon, Item, Wrong } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { copy, say } from '../components/toast';

export const icons: Record<string, string> = { booked: 'calendar', seen: 'doctor', cleared: 'shield' };
const parts: ReportPart[] = ['sessions', 'reports', 'warnings', 'products', 'risks', 'progress'];
/** Chosen at first: all but the answers about the body and the hair, which the person adds. */
const usual: ReportPart[] = ['sessions', 'reports', 'warnings', 'products'];
const kept = (id: string): string => `doctor-link:${id}`;

type Links = { report: DoctorReport; url?: string }[];

/** What went wrong, in words. */
const fault = (e: unknown): string => problemText(e, t('doctor.offline'));

async function open(): Promise<Links> {
  const { items } = await need(api.GET('/v1/doctor-reports'));
  const now = Date.now();
  const alive = items.filter((r) => Date.parse(r.expires_at) > now && r.opens_left > 0);
  return Promise.all(alive.map(async (report) => ({ report, url: await get<string>(kept(report.id)) })));
}

export default function Doctor() {
  const [links, setLinks] = useState<Links>();
  const [error, setError] = useState('');
  const read = () => open().then(setLinks).catch((e: unknown) => setError(fault(e)));
  useEffect(() => { void read(); }, []);
  const visits = all<ClinicianEvent>('clinician_events').sort((a, b) => b.at.localeCompare(a.at));
  const end = async (id: string) => {
    try {
      await need(api.DELETE('/v1/doctor-reports/{id}', { params: { path: { id } } }));
      await put(kept(id), undefined);
      say(t('doctor.ended'));
      await read();
    } catch (e) { setError(fault(e)); }
  };
  return (
    <Screen title={t('doctor.title')} back="/app/more" tab="more">
      <Banner />
      <section class="group" aria-labelledby="visits">
        <h2 id="visits">{t('doctor.visits')}</h2>
        <ul class="card card--flush">
          {visits.map((v) => <li key={v.id}><Item icon={icons[v.outcome ?? ''] ?? 'doctor'} title={outcomeWord(v.outcome)} note={[dayOf(v.at), v.note].filter(Boolean).join(', ')} href={pageOf('clinician_events', v.id)} /></li>)}
          <li><Item icon="plus" title={t('doctor.visit_new')} href="/app/doctor/visit" /></li>
        </ul>
      </section>
      <Wrong text={error} />
      {links?.map((l) => <Link key={l.report.id} link={l} onEnd={() => void end(l.report.id)} />)}
      <Make onMade={(id) => { setError(''); void read().then(() => focusOn(`[id="${id}"]`)); }} />
    </Screen>
  );
}

function Link({ link: { report, url }, onEnd }: { link: Links[number]; onEnd: () => void }) {
  const address = url && new URL(url, location.origin).href;
  const share = () => (navigator.share ? navigator.share({ title: t('doctor.title'), url: address }).catch(() => undefined) : copy(address!)); // closed without sharing
  return (
    <section class="card card--soft" aria-labelledby={report.id}>
      <div class="card__head"><Icon name="link" /><div class="grow"><h2 id={report.id}>{t('doctor.open')}</h2>
        <p class="small second">{t('doctor.until', { day: date(report.expires_at, 'day'), time: date(report.expires_at, 'time') })} {tn('doctor.left', report.opens_left)}</p></div></div>
      {address ? (
        <div class="pair pair--two">
          <button type="button" class="btn" onClick={() => void share()}><Icon name="send" size="s" />{t('doctor.share')}</button>
          <a class="btn" href={`${address}.pdf`} target="_blank" rel="noopener noreferrer"><Icon name="print" size="s" />{t('doctor.pdf')}</a>
        </div>
      ) : <p class="small">{t('doctor.elsewhere')}</p>}
      {address && <p class="small second">{t('doctor.counts')}</p>}
      <button type="button" class="btn btn--plain" onClick={onEnd}><Icon name="gone" size="s" />{t('doctor.end')}</button>
    </section>
  );
}

const days = (n: number): Date => new Date(Date.now() - n * 86_400_000);

/** From the first session of the last three months, or three months ago. */
function begin(): string {
  const first = all<Session>('sessions').map((s) => today(new Date(s.started_at))).filter((d) => d >= today(days(90))).sort()[0];
  return first ?? today(days(90));
}

function Make({ onMade }: { onMade: (id: string) => void }) {
  const [form, setForm] = useState({ from: begin(), to: today(), include: usual, questions: '' });
  const [error, setError] = useState('');
  const set = (part: Partial<typeof form>) => { setForm({ ...form, ...part }); setError(''); };
  const make = async () => {
    if (form.include.length === 0) { setError(t('doctor.nothing_chosen')); return; }
    if (!form.from || !form.to || form.from > form.to) { setError(t('doctor.days_wrong')); return; }
    try {
      const after = noon(form.to);
      after.setHours(24, 0, 0, 0); // the last day is on it as a whole
      const from = new Date(`${form.from}T00:00`);
      const made = await need(api.POST('/v1/doctor-reports', { body: { from: from.toISOString(), to: after.toISOString(), include: form.include, questions: form.questions.trim() || undefined, language: language.value } }));
      await put(kept(made.id), made.url);
      say(t('doctor.made'));
      onMade(made.id);
    } catch (e) {
      setError(fault(e));
    }
  };
  return (
    <form class="stack stack--l" onSubmit={(e) => { e.preventDefault(); void once('pages', make); }}>
      <h2>{t('doctor.new')}</h2>
      <div class="pair pair--two">
        <Input label={t('doctor.from')} type="date" max={form.to} value={form.from} onInput={(v) => set({ from: v })} />
        <Input label={t('doctor.to')} type="date" max={today()} value={form.to} onInput={(v) => set({ to: v })} />
      </div>
      <fieldset class="choice">
        <legend class="label label--above">{t('doctor.include')}</legend>
        {parts.map((p) => (
          <Box key={p} title={word(`doctor.${p}`)} note={word(`doctor.${p}.help`) || undefined} checked={form.include.includes(p)}
            onChange={(on) => set({ include: on ? parts.filter((x) => x === p || form.include.includes(x)) : form.include.filter((x) => x !== p) })} />
        ))}
      </fieldset>
      <Area label={t('doctor.questions')} max={2000} value={form.questions} onInput={(v) => set({ questions: v })} />
      <p class="small second">{word('doctor.what')} {word('doctor.link')}</p>
      <Wrong text={error} />
      <button type="submit" class="btn btn--main btn--wide btn--tall">{t('doctor.make')}</button>
    </form>
  );
}
