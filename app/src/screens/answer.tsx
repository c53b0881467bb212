// The answer to a check-in. A red flag shows the emergency page at once, also
// without a network; else the server's answer, or that it is still to come.
import { useEffect, useState } from 'preact/hooks';
import { adviceNumber, callWord, catalogue, emergencyNumber, label, tierText, word } from '../core/catalogue';
import { offlineSince } from '../core/api';
import { all, one } from '../core/mirror';
import { entries } from '../core/outbox';
import { correct } from '../core/checkin';
import { redFlag, withPerson } from '../core/redflags';
import { account, signedOut } from '../core/session';
import { date, dateTime, list, number, t } from '../core/words';
import type { Assessment, Reminder, Report, Warning } from '../core/types';
import { route, type Way } from '../core/way';
import { focusOn } from '../components/focus';
import { Fold } from '../components/fields';
import { Call, Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { lastRolled } from '../components/summary';
import { Calls, HelpList, reasonOf, Warn } from '../components/warn';

export default function Answer({ params }: Way) {
  const report = one<Report>('reports', params.id);
  if (!report) return <Screen title={t('answer.title')} quiet close="/app"><p>{t('answer.gone')}</p></Screen>;
  const waits = entries.value.some((e) => e.collection === 'reports' && e.id === params.id);
  const flagged = redFlag(withPerson(report as unknown as Record<string, unknown>, account.value), catalogue.value?.red_flags);
  const said = waits ? undefined : report.assessment;
  if (said?.tier === 'emergency' || (flagged && !said)) return <Emergency report={report} said={said ?? undefined} />;
  return said ? <Said report={report} said={said} /> : <Waits />;
}

function Said({ report, said }: { report: Report; said: Assessment }) {
  const next = all<Reminder>('reminders').filter((r) => r.kind === 'check_in' && r.state === 'scheduled' && r.due_at > report.observed_at).sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
  const unsure = (said.asks_again ?? []).map((f) => catalogue.value?.symptoms.find((q) => q.field === f)?.name ?? f);
  const warnings = [...new Set([...(report.warning_ids ?? []), ...(said.standing ?? [])])].flatMap((id) => one<Warning>('warnings', id) ?? []).filter((w) => w.state === 'active' || w.state === 'acknowledged');
  const holds = all<Reminder>('reminders').some((r) => r.kind === 'aftercare' && r.state === 'held' && r.held_by === 'AC-00' && (r.rule === 'AC-01' || r.rule === 'AC-02'));
  return (
    <Screen title={t('answer.title')} quiet close="/app"
      foot={<div class="row"><button type="button" class="btn btn--tall" onClick={() => correct(report.id)}>{t('answer.correct')}</button><button type="button" class="btn btn--main btn--tall grow" onClick={() => route('/app')}>{t('core.done')}</button></div>}>
      <Warn tier={said.tier} title={said.title} message={said.message} focus />
      <ul class="card card--flush">
        {warnings.map((w) => <li key={w.id}><Item icon="eye" title={t('answer.warning')} note={warnings.length > 1 ? reasonOf(w.message) : undefined} href={`/app/warnings/${w.id}`} /></li>)}
        {next && <li><Item icon="bell" title={t('answer.again')} note={dateTime(next.due_at)} /></li>}
        {unsure.length > 0 && <li><Item icon="ask" title={t('answer.unsure', { signs: list(unsure) })} note={t('answer.unsure_note')} onClick={() => correct(report.id)} /></li>}
        {holds && word('answer.hold') && <li><Item icon="hold" title={word('answer.hold')} note={word('answer.hold.until')} /></li>}
        {(said.advice ?? []).map((a) => <li key={a.rule}><Item icon="info" title={<span class="text">{a.message}</span>} /></li>)}
        <li><div class="item item--block"><Fold icon="info" title={t('answer.why')}>
          <p class="small second">{t('answer.rule', { rule: list(said.rules), kb: said.kb_version })} {word('answer.draft')}</p>
        </Fold></div></li>
      </ul>
      <section class="stack" aria-labelledby="get">
        <h2 id="get">{t('answer.help_if')}</h2>
        <HelpList lines={said.get_help_if} />
        <Calls />
      </section>
      <p class="small second">{word('answer.limits')}</p>
    </Screen>
  );
}

/** It is on the phone; the answer needs the server. */
function Waits() {
  const offline = offlineSince.value || signedOut.value;
  return (
    <Screen title={t('answer.title')} quiet close="/app" foot={<button type="button" class="btn btn--main btn--wide btn--tall" onClick={() => route('/app')}>{t('core.done')}</button>}>
      <Banner />
      <div class="head" role="status"><h1>{offline ? t('answer.kept') : t('answer.sending')}</h1><p class="second">{offline ? t('answer.kept_note') : t('answer.sending_note')}</p></div>
      <section class="stack" aria-labelledby="get"><h2 id="get">{t('answer.help_if')}</h2><HelpList /><Calls /></section>
    </Screen>
  );
}

function Emergency({ report, said }: { report: Report; said?: Assessment }) {
  const [open, setOpen] = useState(false);
  const call = said?.emergency_number ?? emergencyNumber();
  const text = tierText('emergency');
  const warning = (report.warning_ids ?? [])[0];
  useEffect(() => { document.getElementById('emergency')?.focus({ preventScroll: true }); }, []);
  return (
    <Screen title={t('core.emergency')} quiet close="/app" help={false} urgent>
      <div class="head" role="alert"><h1 id="emergency" tabIndex={-1}>{said?.title ?? text.title}</h1></div>
      {call ? <Call cls="call--main" number={call} title={callWord(call)} note={t('answer.or_someone')} /> : <p class="call call--main call--words">{callWord(undefined)}</p>}
      <p class="lead">{said?.message ?? text.what}</p>
      {word('emergency.lead') && !said?.message.includes(word('emergency.lead')) && <p class="lead">{word('emergency.lead')}</p>}
      {adviceNumber() && !call && <Call number={adviceNumber()!} title={adviceNumber()!} />}
      {open ? <Say report={report} /> : <button type="button" class="call" onClick={() => { setOpen(true); focusOn('#say'); }}><Icon name="note" /><span>{word('emergency.say')}</span></button>}
      <div class="calls">
        {warning && <button type="button" class="call" onClick={() => route(`/app/warnings/${warning}`)}><Icon name="check" /><span>{t('answer.called')}</span></button>}
        <button type="button" class="call" onClick={() => correct(report.id)}><Icon name="pencil" /><span>{t('answer.slip')}</span></button>
      </div>
      <p class="small">{t('answer.stays')}</p>
    </Screen>
  );
}

/** What to say on the phone: only the person's own answers, in the catalogue's words. */
function Say({ report }: { report: Report }) {
  const rolled = lastRolled(report.observed_at);
  const found = signs(report);
  const risks = (account.value?.risks ?? []).filter((r) => r.active !== false).flatMap((r) => catalogue.value?.risks.find((q) => q.code === r.code)?.name ?? []);
  return (
    <section class="card say" aria-labelledby="say">
      <h2 id="say">{word('emergency.say')}</h2>
      {rolled && <p>{rolled}</p>}
      {found.length > 0 && <p>{word('emergency.say.now', { signs: list(found) })}</p>}
      {report.temperature_c != null && <p>{word('emergency.say.temperature', { temperature: t('history.degrees', { n: number(report.temperature_c, 1) }) })}</p>}
      {risks.length > 0 && <p>{word('emergency.say.conditions', { risks: list(risks) })}</p>}
      {account.value?.uses_minoxidil && <p>{word('emergency.say.minoxidil')}</p>}
      <p class="small">{word('emergency.say.from', { time: date(report.observed_at, 'time') })}</p>
    </section>
  );
}

/** Each answer that names a sign, by its name in the catalogue. */
export function signs(report: Report): string[] {
  const said = report as unknown as Record<string, unknown>;
  return (catalogue.value?.symptoms ?? []).flatMap((q) => {
    const value = said[q.field];
    if (value === undefined || value === null || value === 0 || value === false || value === 'no' || value === 'none' || (q.field === 'extent' && value === 'rolled_area')) return [];
    if (Array.isArray(value)) return value.map((v) => q.values.find((x) => x.value === v)?.label ?? String(v));
    if (['temperature_c', 'seen_by_clinician', 'trend'].includes(q.field)) return [];
    const named = q.values.find((x) => x.value === String(value))?.label ?? label('answers', String(value));
    return [named === label('answers', 'yes') ? q.name : `${q.name} (${named})`];
  });
}
