// One roller: what it is, what is wrong with it, where it was used.
import { catalogue, label, word } from '../core/catalogue';
import { newId } from '../core/ids';
import { all, one } from '../core/mirror';
import { length, rollerName, today } from '../core/rollers';
import { date, list, number, t } from '../core/words';
import type { Roller as Kept, Row, Session } from '../core/types';
import { route, type Way } from '../core/way';
import { Area, erase, FormScreen, Input, keep, useForm, write } from '../components/form';
import { Box, Chips } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';

interface Form { name?: string; mm?: string; material?: string; since?: string; shared?: boolean; problems?: string[]; notes?: string }

const formOf = (r: Kept | undefined): Form => (r ? {
  name: r.name ?? '', mm: r.needle_mm == null ? '' : number(r.needle_mm), material: r.material ?? '', since: r.first_used_on ?? '',
  shared: r.shared, problems: r.problems ?? undefined, notes: r.notes ?? '',
} : {});

const rowOf = (f: Form): Omit<Row, 'id'> => ({
  name: f.name?.trim() || null, needle_mm: length(f.mm ?? '') ?? null, material: f.material?.trim() || null, first_used_on: f.since || null,
  shared: f.shared ?? false, problems: f.problems ?? null, notes: f.notes?.trim() || null,
});

export default function Roller({ params }: Way) {
  const kept = one<Kept>('rollers', params.id);
  const fresh = params.id === 'new';
  const { form, set, error, fail, done } = useForm(`roller:${params.id}`, formOf(kept));

  if (!kept && !fresh) return <Screen title={t('rollers.roller')} back="/app/rollers" tab="more"><Banner /><p>{t('rollers.gone')}</p></Screen>;

  const submit = async () => {
    if (length(form.mm ?? '') === null) return fail(t('log.mm_wrong'), 'mm');
    const before = kept as unknown as Row | undefined;
    const row: Row = { ...(before ?? { id: newId(), state: 'in_use' }), ...rowOf(form) };
    await keep('rollers', row, 'rollers.entry', t('rollers.saved', { name: rollerName(row as unknown as Kept) }), before);
    await done();
    route('/app/rollers', true);
  };
  const setState = async (state: Kept['state']) => {
    const row = kept as unknown as Row;
    if (state === 'discarded') await keep('rollers', { ...row, state }, 'rollers.entry', t('rollers.thrown_said', { name: rollerName(kept!) }), { ...row, state: 'in_use' });
    else await write('rollers', { ...row, state }, 'rollers.entry');
    route('/app/rollers', true);
  };
  const drop = async () => {
    const row = kept as unknown as Row;
    await erase('rollers', row);
    route('/app/rollers', true);
    say(t('rollers.deleted', { name: rollerName(kept!) }), () => write('rollers', row, 'rollers.entry'));
  };
  const uses = kept ? all<Session>('sessions').filter((s) => s.roller_id === kept.id).sort((a, b) => b.started_at.localeCompare(a.started_at)) : [];
  return (
    <FormScreen title={fresh ? t('rollers.add') : rollerName(kept!)} close="/app/rollers" button={t('core.save')} onSave={submit} after={<>
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
        {kept && uses.length === 0 && <button type="button" class="btn btn--plain" onClick={() => void drop()}>{t('rollers.delete')}</button>}
      </>}>
        <Input label={t('rollers.name')} help={t('rollers.name_help')} maxLength={100} value={form.name} onInput={(v) => set({ name: v })} />
        <div class="pair pair--two">
          <Input label={t('log.mm')} error={error || undefined} name="mm" inputMode="decimal" value={form.mm} onInput={(v) => set({ mm: v })} />
          <Input label={t('rollers.material')} maxLength={100} value={form.material} onInput={(v) => set({ material: v })} />
        </div>
        <Input label={t('rollers.first')} help={t('rollers.first_help')} type="date" max={today()} value={form.since} onInput={(v) => set({ since: v })} />
        <fieldset class="stack stack--s">
          <legend class="label label--above">{t('rollers.problems')}</legend>
          <Chips options={catalogue.value?.problems ?? []} chosen={form.problems ?? []} onChange={(problems) => set({ problems })} />
        </fieldset>
        <Box title={t('rollers.shared')} note={word('roller.one')} checked={form.shared ?? false} onChange={(shared) => set({ shared })} />
        <Area label={t('log.note')} value={form.notes} onInput={(v) => set({ notes: v })} />
    </FormScreen>
  );
}
