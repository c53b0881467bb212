// What waits to be sent, in sending order; two versions of one row; fields that
// were not taken.
import { useState } from 'preact/hooks';
import { offlineSince } from '../core/api';
import { word } from '../core/catalogue';
import type { Entry, Theirs } from '../core/db';
import { labels, pageOf, timeOf } from '../core/diary';
import { rows } from '../core/mirror';
import { differing, drop, entries, resolve, save, unconsented } from '../core/outbox';
import { signedOut } from '../core/session';
import { sync } from '../core/sync';
import { date, dateTime, t } from '../core/words';
import type { Collection, Row } from '../core/types';
import { correct, degrees, temperature, wrongDegrees } from '../core/checkin';
import { inWords, questionOf } from '../components/differ';
import { Input } from '../components/form';
import { Choice, Empty } from '../components/fields';
import { Icon, Wrong } from '../components/parts';
import { Banner, Screen } from '../components/shell';

const icons: Record<string, string> = { reports: 'ask', sessions: 'roller', rollers: 'roller', progress: 'photos', clinician_events: 'doctor', reminders: 'bell' };
const when = (at: string): string => dateTime(at, 'short');
export const nameOf = (e: Entry): string => t(e.label ?? 'core.entry');

/** Rows with something that the server has kept, and does not count. */
export const flagged = () => Object.entries({ rollers: 'rollers.entry', ...labels }).flatMap(([c, name]) => rows[c as Collection].value.filter((r) => r.flags?.length).map((row) => ({ c: c as Collection, name, row })));

export default function Outbox() {
  const all = entries.value;
  const waits = all.filter((e) => e.state === 'waits');
  const since = offlineSince.value;
  const odd = flagged();
  const held = unconsented.value && waits.length > 0;
  return (
    <Screen title={t('core.outbox')} back="/app/more" tab="more">
      {signedOut.value ? <Banner /> : <p class="banner"><Icon name={since ? 'cloudoff' : 'outbox'} /><span>{since && <b>{t('core.offline', { time: date(since, 'time') })} </b>}{held ? t('core.no_consent') : all.length + odd.length > waits.length ? t('core.asks_you') : t('core.outbox_note')}</span></p>}
      {all.length + odd.length === 0 && <Empty icon="outbox" title={t('core.outbox_empty')}><p class="small">{t('core.outbox_empty_note')}</p></Empty>}
      {waits.length > 0 && (
        <ol class="card card--flush">
          {waits.map((e) => (
            <li key={e.n}><div class="item"><Icon name={icons[e.collection ?? ''] ?? 'send'} /><span class="grow"><b>{nameOf(e)}</b><span>{when(e.at)}</span></span><span class="tag"><Icon name="clock" />{t('core.waits')}</span></div></li>
          ))}
        </ol>
      )}
      {held && <a class="btn btn--main btn--wide" href="/app/data">{t('core.no_consent_do')}</a>}
      {waits.length > 0 && !since && !held && !signedOut.value && <button type="button" class="btn btn--wide" onClick={() => void sync()}><Icon name="send" size="s" />{t('core.send_now')}</button>}
      {all.filter((e) => e.state === 'conflict').map((e) => <Conflict key={e.n} entry={e} />)}
      {all.filter((e) => e.state === 'refused').map((e) => <RefusedEntry key={e.n} entry={e} />)}
      {odd.map((f) => <Flagged key={f.row.id} {...f} />)}
    </Screen>
  );
}

/** Both versions by what differs; none preselected. */
function Conflict({ entry }: { entry: Entry }) {
  const [chosen, setChosen] = useState<string>();
  const [error, setError] = useState(false);
  const theirs = entry.theirs!;
  const fields = differing(entry.row ?? { id: '' }, theirs);
  const says = (row: Theirs | undefined, gone: boolean | undefined, at: string, who: string) => ({
    title: [who, at && when(at)].filter(Boolean).join(', '), note: gone ? t('core.deleted') : inWords(entry.collection, row!, fields) || t('core.no_difference'),
  });
  const at = timeOf(entry.collection!, entry.row ?? theirs);
  return (
    <section class="card" aria-labelledby={`c${entry.n}`}>
      <div class="card__head"><Icon name="copy" /><div class="grow"><h2 id={`c${entry.n}`}>{t('core.two_versions')}</h2><p class="small second">{nameOf(entry)}{at && `, ${when(at)}`}</p></div></div>
      <p class="small">{t('core.two_lead')}</p>
      <Choice name={`v${entry.n}`} legend={t('core.which_stays')} value={chosen} onChange={(v) => { setChosen(v); setError(false); }}
        options={[
          { value: 'ours', ...says(entry.row, entry.deleted, entry.at, t('core.this_phone')) },
          { value: 'theirs', ...says(theirs, theirs._deleted, String(theirs.updated_at ?? ''), t('core.other_version')) },
        ]} />
      <Wrong text={error ? t('core.choose_one') : undefined} />
      <button type="button" class="btn btn--main" onClick={() => { if (chosen) void resolve(entry.n!, chosen as 'ours' | 'theirs').then(sync); else setError(true); }}>{t('core.keep_chosen')}</button>
    </section>
  );
}

function RefusedEntry({ entry }: { entry: Entry }) {
  return (
    <section class="card" aria-labelledby={`r${entry.n}`}>
      <div class="card__head"><Icon name="info" /><div class="grow"><h2 id={`r${entry.n}`}>{t('core.refused')}</h2><p class="small second">{nameOf(entry)}, {when(entry.at)}</p></div></div>
      {entry.problem && <p class="small" lang="en">{entry.problem}</p>}
      {entry.collection && !entry.deleted && <a class="btn" href={pageOf(entry.collection, entry.id!)}><Icon name="pencil" size="s" />{t('core.open_entry')}</a>}
      <button type="button" class="btn" onClick={() => void drop(entry.n!)}>{t('core.remove_entry')}</button>
    </section>
  );
}

/** A field that counts as unknown until it is mended, or a row beyond what is counted. */
function Flagged({ c, name, row }: { c: Collection; name: string; row: Row }) {
  const at = timeOf(c, row);
  const fields = row.flags!.filter((f) => f.startsWith('needs_review:')).map((f) => f.slice('needs_review:'.length));
  return (
    <section class="card" aria-labelledby={`f${row.id}`}>
      <div class="card__head"><Icon name="info" /><div class="grow"><h2 id={`f${row.id}`}>{t(fields.length ? 'core.field_not_taken' : 'core.too_many')}</h2>
        <p class="small second">{t(name)}{at && `, ${when(at)}`}. {fields.length ? t('core.rest_counts') : t('core.too_many_note')}</p></div></div>
      {fields.map((f) => (f === field ? <Mend key={f} row={row} /> : <p key={f}><b>{questionOf(c, f)?.name ?? f}</b></p>))}
      {c !== 'reports' ? <a class="btn" href={pageOf(c, row.id)}>{t('core.open_entry')}</a> : fields.some((f) => f !== field) && <button type="button" class="btn" onClick={() => correct(row.id)}><Icon name="pencil" size="s" />{t('core.answer_again')}</button>}
    </section>
  );
}

const field = 'temperature_c';

function Mend({ row }: { row: Row }) {
  const [typed, setTyped] = useState(degrees(row[field]));
  const question = questionOf('reports', field)?.question ?? field;
  const value = temperature(typed);
  const error = wrongDegrees(value);
  const keep = async () => { if (!error) { await save('reports', { ...row, [field]: value }, 'core.entry_report', row); void sync(); } };
  return (
    <form class="stack" onSubmit={(e) => { e.preventDefault(); void keep(); }}>
      <Input label={question} error={error} help={word('outbox.unknown')} inputMode="decimal" value={typed} onInput={(v) => setTyped(v)} />
      <button type="submit" class="btn">{t('core.save')}</button>
    </form>
  );
}
