// I have rolled: three taps, with what the person chose last time and can see.
import { useEffect, useState } from 'preact/hooks';
import { word } from '../core/catalogue';
import { newId } from '../core/ids';
import { all, one, serverRow } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import { date, number, t } from '../core/words';
import type { Roller, Row, Session } from '../core/types';
import { route, type Way } from '../core/way';
import { Ask, Choice, Field, Fold, Icon, yesNo } from '../components/parts';
import { Scalp } from '../components/scalp';
import { Screen } from '../components/shell';
import { Sheet } from '../components/sheet';
import { say } from '../components/toast';

interface Form { roller?: string; mm?: string; areas?: string[]; soaked?: string; ended?: string; passes?: string; pain?: string; note?: string }

const local = (d: Date): string => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
const unknownRoller = 'other';

/** The form with what a session says, to correct it. */
const formOf = (s: Session): Form => ({
  roller: s.roller_id ?? unknownRoller, mm: s.needle_mm ? number(s.needle_mm) : '', areas: s.areas ?? [], ended: local(endOf(s)),
  soaked: s.roller_disinfected === true ? 'yes' : s.roller_disinfected === false ? 'no' : undefined, passes: s.passes?.toString(), pain: s.pain?.toString(), note: s.notes ?? '',
});

const endOf = (s: Session): Date => new Date(s.ended_at ?? s.started_at);

/** When it began, if its end moves to another time. */
const moved = (s: Session, end: Date): string => new Date(Date.parse(s.started_at) + end.getTime() - endOf(s).getTime()).toISOString();

export default function Rolled({ query }: Way) {
  const edited = one<Session>('sessions', query.edit);
  const key = edited ? `rolled:${edited.id}` : 'rolled';
  const [form, setForm] = useState<Form>({});
  const [sheet, setSheet] = useState(false);
  const [error, setError] = useState('');
  const [now] = useState(() => new Date());
  useEffect(() => { void draft<Form>(key).then((d) => setForm(d ?? (edited ? formOf(edited) : {}))); }, [key]);
  const set = (part: Form) => { const next = { ...form, ...part }; setForm(next); setError(''); void keepDraft(key, next); };

  const rollers = all<Roller>('rollers').filter((r) => r.state !== 'discarded' || r.id === edited?.roller_id);
  const last = all<Session>('sessions').sort((a, b) => b.started_at.localeCompare(a.started_at))[0];
  const roller = rollers.find((r) => r.id === (form.roller ?? last?.roller_id)) ?? (form.roller === unknownRoller ? undefined : rollers[0]);
  const areas = form.areas ?? last?.areas ?? [];
  const same = edited && form.ended === local(endOf(edited)); // the field knows no seconds
  const ended = same ? endOf(edited) : form.ended ? new Date(form.ended) : now;

  const submit = async () => {
    if (areas.length === 0) { setError(t('log.areas_missing')); document.getElementById('area-hairline')?.focus(); return; }
    const mm = form.mm ? Number(form.mm.replace(',', '.')) : undefined;
    if (mm !== undefined && !(mm > 0 && mm <= 5)) { setError(t('log.mm_wrong')); document.querySelector<HTMLInputElement>('[name=mm]')?.focus(); return; }
    if (form.pain && Number(form.pain) > 10) { setError(t('log.pain_wrong')); document.querySelector<HTMLInputElement>('[name=pain]')?.focus(); return; }
    const row: Row = {
      ...(edited ? { ...(edited as unknown as Row), started_at: moved(edited, ended) } : { id: newId(), started_at: ended.toISOString(), performed_by: 'self' }),
      ended_at: ended.toISOString(), areas, roller_id: roller && form.roller !== unknownRoller ? roller.id : null, needle_mm: mm ?? null,
      roller_disinfected: form.soaked === 'yes' ? true : form.soaked === 'no' ? false : null,
      passes: form.passes ? Number(form.passes) : null, pain: form.pain ? Number(form.pain) : null, notes: form.note || null,
    };
    if (edited) delete row.rest; // counted anew by the server
    await save('sessions', row, 'core.entry_session', edited && serverRow('sessions', row.id));
    await keepDraft(key, undefined);
    void sync();
    route(edited ? `/app/history/entries/sessions/${row.id}` : '/app', true);
    say(t('log.saved'), async () => {
      if (edited) await save('sessions', edited as unknown as Row, 'core.entry_session', serverRow('sessions', row.id));
      else await remove('sessions', row, 'core.entry_removed');
      void sync();
    });
  };
  return (
    <Screen title={edited ? t('log.correct') : t('log.title')} close={edited ? `/app/history/entries/sessions/${edited.id}` : '/app'}
      foot={
        <>
          {error && <p class="field__error" role="alert"><Icon name="info" size="s" /><span>{error}</span></p>}
          <button type="button" class="btn btn--main btn--wide btn--tall" onClick={() => void submit()}>{t('log.save')}</button>
        </>
      }>
      <form class="stack stack--l" onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        {roller && form.roller !== unknownRoller ? (
          <button type="button" class="item card card--flush item--alone" onClick={() => setSheet(true)}>
            <Icon name="roller" /><span class="grow"><b>{[roller.name, roller.needle_mm ? t('core.mm', { mm: number(roller.needle_mm) }) : ''].filter(Boolean).join(', ')}</b>
              {roller.max_uses != null && !edited && <span>{t('log.use_of', { n: (roller.uses ?? 0) + 1, of: roller.max_uses })}</span>}</span>
            <span class="item__end dusk">{t('log.change')}</span>
          </button>
        ) : (
          <Field label={t('log.mm')} help={t('log.mm_help')}>
            {(p) => <input {...p} name="mm" inputMode="decimal" autocomplete="off" value={form.mm ?? ''} onInput={(e) => set({ mm: e.currentTarget.value })} />}
          </Field>
        )}
        <fieldset class="stack">
          <legend class="label">{t('log.where')} {last && !form.areas && !edited && <span class="second text">{t('log.as_last')}</span>}</legend>
          <Scalp chosen={areas} onChange={(v) => set({ areas: v })} />
        </fieldset>
        <Ask name="soaked" legend={word('rolled.soaked')} values={yesNo()} value={form.soaked} onChange={(v) => set({ soaked: v })} />
        <Fold icon="clock" title={form.ended ? t('log.ended', { when: `${date(ended, 'day')}, ${date(ended, 'time')}` }) : t('log.ended_now', { time: date(ended, 'time') })}>
          <Field label={t('log.ended_at')}>{(p) => <input {...p} type="datetime-local" max={local(now)} value={form.ended ?? local(now)} onChange={(e) => set({ ended: e.currentTarget.value })} />}</Field>
        </Fold>
        <Fold icon="pencil" title={t('log.more')}>
          <div class="stack">
            <Field label={t('log.passes')}>{(p) => <input {...p} inputMode="numeric" value={form.passes ?? ''} onInput={(e) => set({ passes: e.currentTarget.value.replace(/\D/g, '') })} />}</Field>
            <Field label={t('log.pain')}>{(p) => <input {...p} name="pain" type="number" min={0} max={10} inputMode="numeric" value={form.pain ?? ''} onInput={(e) => set({ pain: e.currentTarget.value })} />}</Field>
            <Field label={t('log.note')}>{(p) => <textarea {...p} maxLength={4000} value={form.note ?? ''} onInput={(e) => set({ note: e.currentTarget.value })} />}</Field>
          </div>
        </Fold>
      </form>
      <Sheet open={sheet} onClose={() => setSheet(false)} label={t('log.which')}>
        <Choice name="roller" legend={t('log.which')} value={roller?.id} onChange={(v) => { set({ roller: v }); setSheet(false); }}
          options={[...rollers.map((r) => ({ value: r.id, title: r.name ?? r.id, note: r.needle_mm ? t('core.mm', { mm: number(r.needle_mm) }) : undefined })), { value: unknownRoller, title: t('log.other_roller'), quiet: true }]} />
      </Sheet>
    </Screen>
  );
}
