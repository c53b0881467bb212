// What a doctor did or said: booked, seen, cleared. An edit or a deletion is
// judged by the server like any other.
import { useEffect, useState } from 'preact/hooks';
import { catalogue, word } from '../core/catalogue';
import { pageOf } from '../core/diary';
import { newId } from '../core/ids';
import { all, one, serverRow } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import { t } from '../core/words';
import type { ClinicianEvent, Row } from '../core/types';
import { route, type Way } from '../core/way';
import { Ask, Choice, Empty, Field, Icon, yesNo } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';

interface Form { outcome?: string; at?: string; ruledOut?: string; note?: string }

const local = (d: Date): string => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
const icons: Record<string, string> = { booked: 'calendar', seen: 'doctor', cleared: 'shield' };

const formOf = (e: ClinicianEvent | undefined): Form => (e ? { outcome: e.outcome ?? undefined, at: local(new Date(e.at)), ruledOut: e.no_infection ? 'yes' : undefined, note: e.note ?? '' } : {});

export default function Visit({ query }: Way) {
  const kept = one<ClinicianEvent>('clinician_events', query.id);
  const [changes, setChanges] = useState<Form>({});
  const [error, setError] = useState('');
  const [now] = useState(() => new Date());
  const key = `visit:${query.id ?? ''}`;
  useEffect(() => { void draft<Form>(key).then((d) => setChanges(d ?? {})); }, [key]);
  const form = { ...formOf(kept), ...changes };
  const set = (part: Form) => { const next = { ...changes, ...part }; setChanges(next); setError(''); void keepDraft(key, next); };
  const write = async (row: Row) => { await save('clinician_events', row, 'doctor.entry', serverRow('clinician_events', row.id)); void sync(); };
  const erase = async (row: Row) => { await remove('clinician_events', row, 'core.entry_removed'); void sync(); };

  const page = kept ? pageOf('clinician_events', kept.id) : '/app/doctor';

  const submit = async () => {
    if (!form.outcome) { setError(t('doctor.outcome_missing')); document.querySelector<HTMLInputElement>('[name=outcome]')?.focus(); return; }
    const at = form.at ? new Date(form.at) : now;
    if (at.getTime() > Date.now()) { setError(t('doctor.in_future')); document.querySelector<HTMLInputElement>('[name=at]')?.focus(); return; }
    const before = kept as unknown as Row | undefined;
    const row: Row = {
      ...(before ?? { id: newId() }), outcome: form.outcome, at: kept && !changes.at ? kept.at : at.toISOString(),
      no_infection: form.outcome !== 'booked' && form.ruledOut === 'yes', note: form.note?.trim() || null,
    };
    await write(row);
    await keepDraft(key, undefined);
    route(page, true);
    say(t('doctor.visit_saved'), () => (before ? write(before) : erase(row)));
  };
  if (!kept && all('episodes').length === 0) return <Nothing />;
  return (
    <Screen title={t('doctor.visit')} close={page}
      foot={
        <>
          {error && <p class="field__error" role="alert"><Icon name="info" size="s" /><span>{error}</span></p>}
          <button type="button" class="btn btn--main btn--wide btn--tall" onClick={() => void submit()}>{t('core.save')}</button>
        </>
      }>
      <Banner />
      <form class="stack stack--l" onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <Choice name="outcome" legend={t('doctor.what')} value={form.outcome} onChange={(outcome) => set({ outcome })} options={(catalogue.value?.outcomes ?? []).map((o) => ({ value: o.value, title: o.label, icon: icons[o.value] }))} />
        <Field label={t('doctor.when')} help={t('doctor.when_help')}>{(p) => <input {...p} name="at" type="datetime-local" max={local(now)} value={form.at ?? local(now)} onChange={(e) => set({ at: e.currentTarget.value })} />}</Field>
        {form.outcome && form.outcome !== 'booked' && word('doctor.ruled_out') && <Ask name="ruled" legend={word('doctor.ruled_out')} values={yesNo()} value={form.ruledOut} onChange={(ruledOut) => set({ ruledOut })} />}
        <Field label={t('log.note')}>{(p) => <textarea {...p} maxLength={4000} value={form.note ?? ''} onInput={(e) => set({ note: e.currentTarget.value })} />}</Field>
      </form>
    </Screen>
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
