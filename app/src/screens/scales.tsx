// How it looks to the person: their own scale, what changed, how much comes out.
// Self-assessed; nothing is reckoned from it.
import { pageOf } from '../core/diary';
import { newId } from '../core/ids';
import { all } from '../core/mirror';
import { answer, percent, question, scaleName, scales } from '../core/progress';
import { noon, today } from '../core/rollers';
import { dayOf, number, t } from '../core/words';
import type { ProgressNote, Row } from '../core/types';
import { route, type Way } from '../core/way';
import { Area, FormScreen, Input, keep, useEdited, useForm } from '../components/form';
import { Ask, Choice, Fold } from '../components/fields';
import { Item } from '../components/parts';

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
  const kept = useEdited<ProgressNote>('progress', query.id);
  const { form, set, error, fail, done } = useForm<Form>(`scales:${query.id ?? ''}`, { on: today(), by: 'self', ...formOf(kept) });
  const page = kept ? pageOf('progress', kept.id) : '/app/photos';

  const submit = async () => {
    const fault = wrong(form);
    if (fault) return fail(t(`progress.wrong_${fault}`));
    const before = kept as unknown as Row | undefined;
    const row: Row = {
      ...(before ?? { id: newId() }), on: form.on || today(), by: form.by, scale: form.scale ?? null,
      value: form.scale ? (percent(form.value ?? '') ?? null) : null, change: form.change === undefined ? null : Number(form.change),
      shedding: form.shedding ?? null, note: form.note?.trim() || null,
    };
    await keep('progress', row, 'progress.entry', t('progress.saved'), before);
    await done();
    route(page, true);
  };
  return (
    <FormScreen title={t('progress.scales')} close={page} error={error} button={t('core.save')} onSave={submit} after={!kept && <Earlier />}>
        <Change value={form.change} onChange={(change) => set({ change })} />
        <Question field="shedding" value={form.shedding} onChange={(shedding) => set({ shedding })} />
        <Scale form={form} set={set} />
        <Question field="by" value={form.by} onChange={(by) => set({ by })} />
        <Input label={t('progress.day')} type="date" max={today()} value={form.on} onInput={(v) => set({ on: v })} />
        <Area label={t('log.note')} value={form.note} onInput={(v) => set({ note: v })} />
    </FormScreen>
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
      {q && q.values.length === 0 && <Input label={q.question} help={q.help} inputMode="decimal" value={form.value} onInput={(v) => set({ value: v })} />}
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
  scaleName(n), answer('change', n.change), n.shedding && t('history.sign', { name: question('shedding')?.name ?? '', value: answer('shedding', n.shedding) }),
  n.photo_taken && (question('photo_taken')?.name ?? ''), n.by === 'clinician' && answer('by', 'clinician'), n.note,
].filter(Boolean).join(', ');
