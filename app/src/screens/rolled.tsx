// I have rolled: three taps, with what the person chose last time and can see.
import { useState } from 'preact/hooks';
import { catalogue, label, word } from '../core/catalogue';
import { newId } from '../core/ids';
import { all, lastSession } from '../core/mirror';
import { length, local, rollerName } from '../core/rollers';
import { date, dateTime, list, number, t } from '../core/words';
import type { Roller, Row, Session } from '../core/types';
import { route, type Way } from '../core/way';
import { focusOn } from '../components/focus';
import { Area, FormScreen, Input, keep, useEdited, useForm } from '../components/form';
import { Ask, Chips, Choice, Fold, yesNo } from '../components/fields';
import { Icon } from '../components/parts';
import { Scalp } from '../components/scalp';
import { Sheet } from '../components/sheet';

interface Form { roller?: string; mm?: string; areas?: string[]; soaked?: string; ended?: string; passes?: string; pain?: string; note?: string; products?: Product[] }
type Product = NonNullable<Session['products']>[number];

const unknownRoller = 'other';

/** The form with what a session says, to correct it. */
const formOf = (s: Session): Form => ({
  roller: s.roller_id ?? unknownRoller, mm: s.needle_mm ? number(s.needle_mm) : '', areas: s.areas ?? [], ended: local(endOf(s)),
  soaked: s.roller_disinfected === true ? 'yes' : s.roller_disinfected === false ? 'no' : undefined, passes: s.passes?.toString(), pain: s.pain?.toString(), note: s.notes ?? '', products: s.products ?? undefined,
});

const endOf = (s: Session): Date => new Date(s.ended_at ?? s.started_at);

/** When it began, if its end moves to another time. */
const moved = (s: Session, end: Date): string => new Date(Date.parse(s.started_at) + end.getTime() - endOf(s).getTime()).toISOString();

export default function Rolled({ query }: Way) {
  const edited = useEdited<Session>('sessions', query.edit);
  const { form, set, error, fail, done } = useForm<Form>(query.edit ? `rolled:${query.edit}` : 'rolled', edited ? formOf(edited) : {});
  const [sheet, setSheet] = useState(false);
  const [now] = useState(() => new Date());

  const rollers = all<Roller>('rollers').filter((r) => r.state !== 'discarded' || r.id === edited?.roller_id);
  const last = lastSession();
  const roller = rollers.find((r) => r.id === (form.roller ?? last?.roller_id)) ?? (form.roller === unknownRoller ? undefined : rollers[0]);
  // What was used last time, but not when: a rule reads that. A correction adds nothing that was not told.
  const products = form.products ?? (edited ? undefined : last)?.products?.map(({ kind, name }) => ({ kind, name }) as Product) ?? [];
  const asked = catalogue.value?.session.find((q) => q.field === 'products');
  const areas = form.areas ?? last?.areas ?? [];
  const same = edited && form.ended === local(endOf(edited)); // the field knows no seconds
  const ended = same ? endOf(edited) : form.ended ? new Date(form.ended) : now;

  const submit = async () => {
    if (areas.length === 0) return fail(t('log.areas_missing'), 'area-hairline');
    if (ended > new Date()) return fail(t('doctor.in_future'), 'at');
    const mm = length(form.mm ?? '');
    if (mm === null) return fail(t('log.mm_wrong'), 'mm');
    if (form.pain && Number(form.pain) > 10) return fail(t('log.pain_wrong'), 'pain');
    const row: Row = {
      ...(edited ? { ...(edited as unknown as Row), started_at: moved(edited, ended) } : { id: newId(), started_at: ended.toISOString(), performed_by: 'self' }),
      ended_at: same ? edited.ended_at : ended.toISOString(), areas, roller_id: roller && form.roller !== unknownRoller ? roller.id : null, needle_mm: mm ?? null,
      roller_disinfected: form.soaked === 'yes' ? true : form.soaked === 'no' ? false : null,
      products: edited ? form.products ?? null : products, passes: form.passes ? Number(form.passes) : null, pain: form.pain ? Number(form.pain) : null, notes: form.note || null,
    };
    if (edited) delete row.rest; // counted anew by the server
    await keep('sessions', row, 'core.entry_session', t('log.saved'), edited as unknown as Row | undefined);
    await done();
    route(edited ? `/app/history/entries/sessions/${row.id}` : '/app', true);
  };
  return (
    <FormScreen bare title={edited ? t('log.correct') : t('log.title')} close={edited ? `/app/history/entries/sessions/${edited.id}` : '/app'} error={error} button={t('log.save')} onSave={submit}
      after={<Sheet open={sheet} onClose={() => setSheet(false)} title={t('log.which')}>
        <Choice name="roller" legend={t('log.which')} hideLegend value={roller?.id} onChange={(v) => { set({ roller: v }); document.querySelector('dialog')!.close(); if (v === unknownRoller) focusOn('[name=mm]'); }}
          options={[...rollers.map((r) => ({ value: r.id, title: rollerName(r) })), { value: unknownRoller, title: t('log.other_roller'), quiet: true }]} />
      </Sheet>}>
        {roller && form.roller !== unknownRoller ? (
          <button type="button" class="item card card--flush item--alone" onClick={() => setSheet(true)}>
            <Icon name="roller" /><span class="grow"><b>{rollerName(roller)}</b>
              {roller.max_uses != null && !edited && <span>{t('log.use_of', { n: (roller.uses ?? 0) + 1, of: roller.max_uses })}</span>}</span>
            <span class="item__end dusk">{t('log.change')}</span>
          </button>
        ) : (
          <Input label={t('log.mm')} help={t('log.mm_help')} name="mm" inputMode="decimal" value={form.mm} onInput={(v) => set({ mm: v })} />
        )}
        <fieldset class="stack">
          <legend class="label">{t('log.where')} {last && !form.areas && !edited && <span class="second text">{t('log.as_last')}</span>}</legend>
          <Scalp chosen={areas} onChange={(v) => set({ areas: v })} />
        </fieldset>
        <Ask name="soaked" legend={word('rolled.soaked')} values={yesNo()} value={form.soaked} onChange={(v) => set({ soaked: v })} />
        <Fold icon="clock" title={form.ended ? t('log.ended', { when: dateTime(ended) }) : t('log.ended_now', { time: date(ended, 'time') })}>
          <Input label={t('log.ended_at')} name="at" type="datetime-local" max={local(now)} value={form.ended ?? local(now)} onInput={(v) => set({ ended: v })} />
        </Fold>
        <Fold icon="bottle" title={products.length ? t('history.sign', { name: asked?.name ?? '', value: list(products.map((p) => label('products', p.kind))) }) : asked?.name ?? ''}>
          <fieldset class="stack">
            <legend class="label">{asked?.question}</legend>
            <Chips options={catalogue.value?.products ?? []} chosen={products.map((p) => p.kind)}
              onChange={(kinds) => set({ products: [...products.filter((p) => kinds.includes(p.kind)), ...kinds.filter((k) => !products.some((p) => p.kind === k)).map((kind) => ({ kind }) as Product)] })} />
            {products.map((p) => <Input key={p.kind} label={t('log.hours', { what: label('products', p.kind) })} type="number" min={0} inputMode="decimal" value={p.hours_after_session ?? ''}
              onInput={(v) => set({ products: products.map((x) => (x === p ? { ...p, hours_after_session: v ? Number(v) : null } : x)) })} />)}
          </fieldset>
        </Fold>
        <Fold icon="pencil" title={t('log.more')}>
          <div class="stack">
            <Input label={t('log.passes')} inputMode="numeric" value={form.passes} onInput={(v) => set({ passes: v.replace(/\D/g, '') })} />
            <Input label={t('log.pain')} name="pain" type="number" min={0} max={10} inputMode="numeric" value={form.pain} onInput={(v) => set({ pain: v })} />
            <Area label={t('log.note')} value={form.note} onInput={(v) => set({ note: v })} />
          </div>
        </Fold>
    </FormScreen>
  );
}
