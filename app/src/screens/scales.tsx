// How it looks to the person: their own scale, what changed, how much comes out.
// Self-assessed; nothing is reckoned from it.
import { useEffect, useState } from 'preact/hooks';
import { pageOf } from '../core/diary';
import { newId } from '../core/ids';
import { all, one, serverRow } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { answer, percent, question, scaleName, scales } from '../core/progress';
import { noon, today } from '../core/rollers';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import { dayOf, number, t } from '../core/words';
import type { ProgressNote, Row } from '../core/types';
import { route, type Way } from '../core/way';
import { Ask, Choice, Field, Fold, Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';

interface Form { on?: string; scale?: string; value?: string; change?: string; shedding?: string; by?: string; note?: string }

const text = (v: unknown): string | undefined => (v == null ? undefined : String(v));
const formOf = (n: ProgressNote | undefined): Form => (n ? { on: n.on, scale: n.scale ?? undefined, value: text(n.value), change: text(n.change), shedding: n.shedding ?? undefined, by: n.by, note: n.note ?? '' } : {});

/** What is wrong with the form; empty when it can be saved. */
function wrong(f: Form): 'empty' | 'percent' | 'step' | '' {
  if (f.scale === 'salt' && percent(f.value ?? '') == null) return 'percent';
  if (f.scale && !f.value) return 'step';
  return f.scale || f.change !== undefined || f.shedding || f.note?.trim() ? '' : 'empty';
}

export default function Scales({ query }: Way) {
  const kept = one<ProgressNote>('progress', query.id);
  const [changes, setChanges] = useState<Form>({});
  const [error, setError] = useState('');
  const key = `scales:${query.id ?? ''}`;
  useEffect(() => { void draft<Form>(key).then((d) => setChanges(d ?? {})); }, [key]);
  const form: Form = { on: today(), by: 'self', ...formOf(kept), ...changes };
  const set = (part: Form) => { const next = { ...changes, ...part }; setChanges(next); setError(''); void keepDraft(key, next); };
  const write = async (row: Row) => { await save('progress', row, 'progress.entry', serverRow('progress', row.id)); void sync(); };
  const erase = async (row: Row) => { await remove('progress', row, 'core.entry_removed'); void sync(); };

  const page = kept ? pageOf('progress', kept.id) : '/app/photos';

  const submit = async () => {
    const fault = wrong(form);
    if (fault) { setError(t(`progress.wrong_${fault}`)); return; }
    const before = kept as unknown as Row | undefined;
    const row: Row = {
      ...(before ?? { id: newId() }), on: form.on || today(), by: form.by, scale: form.scale ?? null,
      value: form.scale ? (percent(form.value ?? '') ?? null) : null, change: form.change === undefined ? null : Number(form.change),
      shedding: form.shedding ?? null, note: form.note?.trim() || null,
    };
    await write(row);
    await keepDraft(key, undefined);
    setChanges({});
    route(page, true);
    say(t('progress.saved'), () => (before ? write(before) : erase(row)));
  };
  return (
    <Screen title={t('progress.scales')} close={page}
      foot={
        <>
          {error && <p class="field__error" role="alert"><Icon name="info" size="s" /><span>{error}</span></p>}
          <button type="button" class="btn btn--main btn--wide btn--tall" onClick={() => void submit()}>{t('core.save')}</button>
        </>
      }>
      <Banner />
      <form class="stack stack--l" onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <Change value={form.change} onChange={(change) => set({ change })} />
        <Question field="shedding" value={form.shedding} onChange={(shedding) => set({ shedding })} />
        <Scale form={form} set={set} />
        <Question field="by" value={form.by} onChange={(by) => set({ by })} />
        <Field label={t('progress.day')}>{(p) => <input {...p} type="date" max={today()} value={form.on} onChange={(e) => set({ on: e.currentTarget.value })} />}</Field>
        <Field label={t('log.note')}>{(p) => <textarea {...p} maxLength={4000} value={form.note ?? ''} onInput={(e) => set({ note: e.currentTarget.value })} />}</Field>
      </form>
      {!kept && <Earlier />}
    </Screen>
  );
}

/** From much more to much less, as the catalogue words it; nothing preselected. */
function Change({ value, onChange }: { value?: string; onChange: (v: string) => void }) {
  const q = question('change');
  if (!q) return null;
  return (
    <div class="stack stack--s">
      <Choice name="change" legend={q.question} value={value} onChange={onChange} options={[...q.values].reverse().map((v) => ({ value: v.value, title: v.label }))} />
      <p class="field__help">{q.help}</p>
    </div>
  );
}

function Question({ field, value, onChange }: { field: string; value?: string; onChange: (v: string) => void }) {
  const q = question(field);
  if (!q) return null;
  return <div class="stack stack--s"><Ask name={field} legend={q.question} values={q.values} value={value} onChange={onChange} /><p class="field__help">{q.help}</p></div>;
}

/** One of the four scales, then its step. */
function Scale({ form, set }: { form: Form; set: (part: Form) => void }) {
  const q = form.scale ? question(form.scale) : undefined;
  return (
    <div class="stack">
      <Ask name="scale" legend={t('progress.which')} values={scales.map((s) => ({ value: s, label: question(s)?.name ?? s }))} value={form.scale} onChange={(scale) => set({ scale, value: undefined })} />
      {q && q.values.length > 0 && <Choice name="step" legend={q.question} value={form.value} onChange={(value) => set({ value })} options={q.values.map((v) => ({ value: v.value, title: v.label }))} />}
      {q && q.values.length === 0 && <Field label={q.question} help={q.help}>{(p) => <input {...p} inputMode="decimal" autocomplete="off" value={form.value ?? ''} onInput={(e) => set({ value: e.currentTarget.value })} />}</Field>}
      {q && q.values.length > 0 && <p class="field__help">{q.help}</p>}
      {form.scale && <button type="button" class="btn btn--plain" onClick={() => set({ scale: undefined, value: undefined })}>{t('progress.no_scale')}</button>}
    </div>
  );
}

/** What was told before, the newest first. */
function Earlier() {
  const notes = all<ProgressNote>('progress').sort((a, b) => b.on.localeCompare(a.on) || b.id.localeCompare(a.id));
  if (notes.length === 0) return null;
  return (
    <Fold icon="history" title={t('progress.earlier', { n: number(notes.length) })}>
      <ul class="card card--flush">
        {notes.map((n) => <li key={n.id}><Item icon={n.photo_taken ? 'photos' : 'pencil'} title={dayOf(noon(n.on))} note={told(n)} href={pageOf('progress', n.id)} /></li>)}
      </ul>
    </Fold>
  );
}

const told = (n: ProgressNote): string => [
  scaleName(n), answer('change', n.change), n.shedding && `${question('shedding')?.name ?? ''}: ${answer('shedding', n.shedding)}`,
  n.photo_taken && (question('photo_taken')?.name ?? ''), n.by === 'clinician' && answer('by', 'clinician'), n.note,
].filter(Boolean).join(', ');
