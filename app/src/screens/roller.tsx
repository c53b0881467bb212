// One roller: what it is, what is wrong with it, where it was used.
import { useEffect, useState } from 'preact/hooks';
import { catalogue, label, word } from '../core/catalogue';
import { newId } from '../core/ids';
import { all, one, serverRow } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { length, rollerName, today } from '../core/rollers';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import { date, list, t } from '../core/words';
import type { Roller as Kept, Row, Session } from '../core/types';
import { route, type Way } from '../core/way';
import { Box, Chips, Field, Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';

interface Form { name?: string; mm?: string; material?: string; since?: string; shared?: boolean; problems?: string[]; notes?: string }

const formOf = (r: Kept | undefined): Form => (r ? {
  name: r.name ?? '', mm: r.needle_mm == null ? '' : String(r.needle_mm), material: r.material ?? '', since: r.first_used_on ?? '',
  shared: r.shared, problems: r.problems ?? [], notes: r.notes ?? '',
} : {});

const rowOf = (f: Form): Omit<Row, 'id'> => ({
  name: f.name?.trim() || null, needle_mm: length(f.mm ?? '') ?? null, material: f.material?.trim() || null, first_used_on: f.since || null,
  shared: f.shared ?? false, problems: f.problems ?? [], notes: f.notes?.trim() || null,
});

export default function Roller({ params }: Way) {
  const kept = one<Kept>('rollers', params.id);
  const fresh = params.id === 'new';
  const [changes, setChanges] = useState<Form>({});
  const [error, setError] = useState('');
  const key = `roller:${params.id}`;
  useEffect(() => { void draft<Form>(key).then((d) => setChanges(d ?? {})); }, [key]);
  const form = { ...formOf(kept), ...changes };
  const set = (part: Form) => { const next = { ...changes, ...part }; setChanges(next); setError(''); void keepDraft(key, next); };

  if (!kept && !fresh) return <Screen title={t('rollers.roller')} back="/app/rollers" tab="more"><Banner /><p>{t('rollers.gone')}</p></Screen>;

  const write = async (row: Row) => { await save('rollers', row, 'rollers.entry', serverRow('rollers', row.id)); void sync(); };
  const submit = async () => {
    if (length(form.mm ?? '') === null) { setError(t('log.mm_wrong')); document.querySelector<HTMLInputElement>('[name=mm]')?.focus(); return; }
    const before = kept as unknown as Row | undefined;
    const row: Row = { ...(before ?? { id: newId(), state: 'in_use' }), ...rowOf(form) };
    await write(row);
    await keepDraft(key, undefined);
    route('/app/rollers', true);
    say(t('rollers.saved', { name: rollerName(row as unknown as Kept) }), async () => {
      if (before) await write(before);
      else { await remove('rollers', row, 'core.entry_removed'); void sync(); }
    });
  };
  const setState = async (state: Kept['state']) => {
    const row = kept as unknown as Row;
    await write({ ...row, state });
    route('/app/rollers', true);
    if (state === 'discarded') say(t('rollers.thrown_said', { name: rollerName(kept!) }), () => write({ ...row, state: 'in_use' }));
  };
  const erase = async () => {
    const row = kept as unknown as Row;
    await remove('rollers', row, 'core.entry_removed');
    void sync();
    route('/app/rollers', true);
    say(t('rollers.deleted', { name: rollerName(kept!) }), () => write(row));
  };
  const uses = kept ? all<Session>('sessions').filter((s) => s.roller_id === kept.id).sort((a, b) => b.started_at.localeCompare(a.started_at)) : [];
  return (
    <Screen title={fresh ? t('rollers.add') : rollerName(kept!)} close="/app/rollers"
      foot={<button type="button" class="btn btn--main btn--wide btn--tall" onClick={() => void submit()}>{t('core.save')}</button>}>
      <Banner />
      <form class="stack stack--l" onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <Field label={t('rollers.name')} help={t('rollers.name_help')}>{(p) => <input {...p} maxLength={100} autocomplete="off" value={form.name ?? ''} onInput={(e) => set({ name: e.currentTarget.value })} />}</Field>
        <div class="pair pair--two">
          <Field label={t('log.mm')} error={error || undefined}>{(p) => <input {...p} name="mm" inputMode="decimal" autocomplete="off" value={form.mm ?? ''} onInput={(e) => set({ mm: e.currentTarget.value })} />}</Field>
          <Field label={t('rollers.material')}>{(p) => <input {...p} maxLength={100} autocomplete="off" value={form.material ?? ''} onInput={(e) => set({ material: e.currentTarget.value })} />}</Field>
        </div>
        <Field label={t('rollers.first')} help={t('rollers.first_help')}>{(p) => <input {...p} type="date" max={today()} value={form.since ?? ''} onChange={(e) => set({ since: e.currentTarget.value })} />}</Field>
        <fieldset class="stack stack--s">
          <legend class="label label--above">{t('rollers.problems')}</legend>
          <Chips options={catalogue.value?.problems ?? []} chosen={form.problems ?? []} onChange={(problems) => set({ problems })} />
        </fieldset>
        <Box title={t('rollers.shared')} note={word('roller.one')} checked={form.shared ?? false} onChange={(shared) => set({ shared })} />
        <Field label={t('log.note')}>{(p) => <textarea {...p} maxLength={4000} value={form.notes ?? ''} onInput={(e) => set({ notes: e.currentTarget.value })} />}</Field>
      </form>
      {kept && (
        <section class="group" aria-labelledby="uses">
          <h2 id="uses">{t('rollers.where_used')}</h2>
          {uses.length === 0 ? <p class="small second">{t('rollers.not_used')}</p> : (
            <ul class="card card--flush">
              {uses.map((s) => <li key={s.id}><Item icon="roller" title={date(s.started_at, 'day')} note={list((s.areas ?? []).map((a) => label('areas', a)))} href={`/app/history/entries/sessions/${s.id}`} /></li>)}
            </ul>
          )}
        </section>
      )}
      {kept && kept.state !== 'discarded' && <button type="button" class="btn" onClick={() => void setState('discarded')}><Icon name="trash" size="s" />{t('rollers.threw')}</button>}
      {kept?.state === 'discarded' && <button type="button" class="btn" onClick={() => void setState('in_use')}><Icon name="undo" size="s" />{t('rollers.not_thrown')}</button>}
      {kept && uses.length === 0 && <button type="button" class="btn btn--plain" onClick={() => void erase()}>{t('rollers.delete')}</button>}
    </Screen>
  );
}
