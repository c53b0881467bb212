// What a doctor did or said: booked, seen, cleared. An edit or a deletion is
// judged by the server like any other.
import { useState } from 'preact/hooks';
import { catalogue, word } from '../core/catalogue';
import { pageOf } from '../core/diary';
import { newId } from '../core/ids';
import { all } from '../core/mirror';
import { local } from '../core/rollers';
import { t } from '../core/words';
import type { ClinicianEvent, Row } from '../core/types';
import { route, type Way } from '../core/way';
import { Area, FormScreen, Input, keep, useEdited, useForm } from '../components/form';
import { Ask, Choice, Empty, yesNo } from '../components/fields';
import { Banner, Screen } from '../components/shell';
import { icons } from './doctor';

interface Form { outcome?: string; at?: string; ruledOut?: string; note?: string }

const formOf = (e: ClinicianEvent | undefined): Form => (e ? { outcome: e.outcome ?? undefined, at: local(new Date(e.at)), ruledOut: e.no_infection ? 'yes' : undefined, note: e.note ?? '' } : {});

export default function Visit({ query }: Way) {
  const kept = useEdited<ClinicianEvent>('clinician_events', query.id);
  const [now] = useState(() => new Date());
  const { form, changes, set, error, fail, done } = useForm(`visit:${query.id ?? ''}`, formOf(kept));
  const page = kept ? pageOf('clinician_events', kept.id) : '/app/doctor';

  const submit = async () => {
    if (!form.outcome) return fail(t('doctor.outcome_missing'), 'outcome');
    const at = form.at ? new Date(form.at) : now;
    if (at > new Date()) return fail(t('doctor.in_future'), 'at');
    const before = kept as unknown as Row | undefined;
    const row: Row = {
      ...(before ?? { id: newId() }), outcome: form.outcome, at: kept && !changes.at ? kept.at : at.toISOString(),
      no_infection: form.outcome !== 'booked' && form.ruledOut === 'yes', note: form.note?.trim() || null,
    };
    await keep('clinician_events', row, 'doctor.entry', t('doctor.visit_saved'), before);
    await done();
    route(page, true);
  };
  if (!kept && all('episodes').length === 0) return <Nothing />;
  return (
    <FormScreen title={t('doctor.visit')} close={page} error={error} button={t('core.save')} onSave={submit}>
        <Choice name="outcome" legend={t('doctor.what')} value={form.outcome} onChange={(outcome) => set({ outcome })} options={(catalogue.value?.outcomes ?? []).map((o) => ({ value: o.value, title: o.label, icon: icons[o.value] }))} />
        <Input label={t('doctor.when')} help={t('doctor.when_help')} name="at" type="datetime-local" max={local(now)} value={form.at ?? local(now)} onInput={(v) => set({ at: v })} />
        {form.outcome && form.outcome !== 'booked' && word('doctor.ruled_out') && <Ask name="ruled" legend={word('doctor.ruled_out')} values={yesNo()} value={form.ruledOut} onChange={(ruledOut) => set({ ruledOut })} />}
        <Area label={t('log.note')} value={form.note} onInput={(v) => set({ note: v })} />
    </FormScreen>
  );
}

/** A visit is about something that was told before; a general answer stands with the health questions. */
function Nothing() {
  return (
    <Screen title={t('doctor.visit')} close="/app/doctor">
      <Banner />
      <Empty icon="doctor" title={t('doctor.nothing')}><p class="small">{t('doctor.nothing_note')}</p><a class="btn" href="/app/health">{t('core.health')}</a></Empty>
    </Screen>
  );
}
