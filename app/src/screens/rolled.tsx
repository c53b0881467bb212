// I have rolled: three taps, with what the person chose last time and can see.
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { word } from '../core/catalogue';
import { newId } from '../core/ids';
import { all } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import { date, number, t } from '../core/words';
import type { Roller, Row, Session } from '../core/types';
import { Ask, Choice, Field, Fold, Icon, yesNo } from '../components/parts';
import { Scalp } from '../components/scalp';
import { Screen } from '../components/shell';
import { Sheet } from '../components/sheet';
import { say } from '../components/toast';

interface Form { roller?: string; mm?: string; areas?: string[]; soaked?: string; ended?: string; passes?: string; pain?: string; note?: string }

const local = (d: Date): string => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
const unknownRoller = 'other';

export default function Rolled() {
  const { route } = useLocation();
  const [form, setForm] = useState<Form>({});
  const [sheet, setSheet] = useState(false);
  const [error, setError] = useState('');
  const [now] = useState(() => new Date());
  useEffect(() => { void draft<Form>('rolled').then((d) => d && setForm(d)); }, []);
  const set = (part: Form) => { const next = { ...form, ...part }; setForm(next); setError(''); void keepDraft('rolled', next); };

  const rollers = all<Roller>('rollers').filter((r) => r.state !== 'discarded');
  const last = all<Session>('sessions').sort((a, b) => b.started_at.localeCompare(a.started_at))[0];
  const roller = rollers.find((r) => r.id === (form.roller ?? last?.roller_id)) ?? (form.roller === unknownRoller ? undefined : rollers[0]);
  const areas = form.areas ?? last?.areas ?? [];
  const ended = form.ended ? new Date(form.ended) : now;

  const submit = async () => {
    if (areas.length === 0) { setError(t('log.areas_missing')); document.getElementById('area-hairline')?.focus(); return; }
    const mm = form.mm ? Number(form.mm.replace(',', '.')) : undefined;
    if (mm !== undefined && !(mm > 0 && mm <= 5)) { setError(t('log.mm_wrong')); document.querySelector<HTMLInputElement>('[name=mm]')?.focus(); return; }
    const row: Row = {
      id: newId(), started_at: ended.toISOString(), ended_at: ended.toISOString(), areas, performed_by: 'self',
      ...(roller && form.roller !== unknownRoller ? { roller_id: roller.id } : {}), ...(mm ? { needle_mm: mm } : {}),
      ...(form.soaked === 'yes' ? { roller_disinfected: true } : form.soaked === 'no' ? { roller_disinfected: false } : {}),
      ...(form.passes ? { passes: Number(form.passes) } : {}), ...(form.pain ? { pain: Number(form.pain) } : {}), ...(form.note ? { notes: form.note } : {}),
    };
    await save('sessions', row, 'core.entry_session');
    await keepDraft('rolled', undefined);
    void sync();
    route('/app', true);
    say(t('log.saved'), async () => { await remove('sessions', row, 'core.entry_removed'); void sync(); });
  };
  return (
    <Screen title={t('log.title')} close="/app"
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
              {roller.max_uses != null && <span>{t('log.use_of', { n: (roller.uses ?? 0) + 1, of: roller.max_uses })}</span>}</span>
            <span class="item__end dusk">{t('log.change')}</span>
          </button>
        ) : (
          <Field label={t('log.mm')} help={t('log.mm_help')}>
            {(p) => <input {...p} name="mm" inputMode="decimal" autocomplete="off" value={form.mm ?? ''} onInput={(e) => set({ mm: e.currentTarget.value })} />}
          </Field>
        )}
        <fieldset class="stack">
          <legend class="label">{t('log.where')} {last && !form.areas && <span class="second text">{t('log.as_last')}</span>}</legend>
          <Scalp chosen={areas} onChange={(v) => set({ areas: v })} />
        </fieldset>
        <Ask name="soaked" legend={word('rolled.soaked') || t('log.soaked')} values={yesNo()} value={form.soaked} onChange={(v) => set({ soaked: v })} />
        <Fold icon="clock" title={form.ended ? t('log.ended', { when: date(ended, 'near') }) : t('log.ended_now', { time: date(ended, 'time') })}>
          <Field label={t('log.ended_at')}>{(p) => <input {...p} type="datetime-local" max={local(now)} value={form.ended ?? local(now)} onChange={(e) => set({ ended: e.currentTarget.value })} />}</Field>
        </Fold>
        <Fold icon="pencil" title={t('log.more')}>
          <div class="stack">
            <Field label={t('log.passes')}>{(p) => <input {...p} inputMode="numeric" value={form.passes ?? ''} onInput={(e) => set({ passes: e.currentTarget.value.replace(/\D/g, '') })} />}</Field>
            <Field label={t('log.pain')}>{(p) => <input {...p} type="number" min={0} max={10} inputMode="numeric" value={form.pain ?? ''} onInput={(e) => set({ pain: e.currentTarget.value })} />}</Field>
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
