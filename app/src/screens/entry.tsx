// One entry: all that was answered, in the catalogue's words; to correct, or to
// delete with ten seconds to take it back.
import { catalogue, label, word } from '../core/catalogue';
import { labels, timeOf } from '../core/diary';
import { lengthOf, one, serverRow } from '../core/mirror';
import { entries, remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { date, dateTime, list, number, t, tn } from '../core/words';
import type { Collection, Report, Roller, Row, Session, Writable } from '../core/types';
import { route, type Way } from '../core/way';
import { inShort, outcomeWord, progressFacts } from '../components/diary';
import { Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { answerWord, needle } from '../components/summary';
import { say } from '../components/toast';
import { TierBand } from '../components/warn';

type Known = keyof typeof labels;
/** The form that corrects an entry. */
const forms: Partial<Record<Collection, string>> = { reports: '/app/check-in/questions?id=', sessions: '/app/rolled?edit=', clinician_events: '/app/doctor/visit?id=', progress: '/app/photos/scales?id=' };

interface Fact { name: string; value: string | undefined; text?: boolean }

export default function Entry({ params }: Way) {
  const collection = params.collection as Known;
  const row = collection in labels ? one<Row>(collection, params.id) : undefined;
  if (!row) return <Screen title={t('history.entry')} back="/app/history/entries" tab="history"><Banner /><p>{t('history.entry_gone')}</p></Screen>;
  const at = timeOf(collection, row);
  const waits = entries.value.find((e) => e.collection === collection && e.id === row.id);
  const erase = async () => {
    await remove(collection as Writable, row, labels[collection]);
    void sync();
    route('/app/history/entries', true);
    say(t('history.deleted', { what: t(labels[collection]) }), async () => {
      await save(collection as Writable, row, labels[collection], serverRow(collection, row.id));
      void sync();
    });
  };
  return (
    <Screen title={inShort({ collection, row, at }).title} back="/app/history/entries" tab="history">
      <Banner />
      <p class="eyebrow">{at.length > 10 ? dateTime(at) : date(at, 'date')}</p>
      {waits && <Item alone icon="outbox" title={t(waits.state === 'waits' ? 'history.waits' : 'history.asks')} href="/app/outbox" />}
      {collection === 'reports' && <Verdict report={row as unknown as Report} />}
      <Facts facts={factsOf(collection, row)} />
      {collection === 'sessions' && <Advice session={row as unknown as Session} />}
      <Actions collection={collection} row={row} onDelete={() => void erase()} />
      {row.version !== undefined && Number(row.version) > 1 && <p class="small second">{t('history.version', { n: number(Number(row.version)), when: dateTime(String(row.updated_at)) })}</p>}
    </Screen>
  );
}

function Actions({ collection, row, onDelete }: { collection: Collection; row: Row; onDelete: () => void }) {
  const edit = () => route(`${forms[collection]}${row.id}`);
  return (
    <div class="pair pair--equal">
      <button type="button" class="btn btn--tall" onClick={edit}><Icon name="pencil" size="s" />{t('history.edit')}</button>
      <button type="button" class="btn btn--tall" onClick={onDelete}><Icon name="trash" size="s" />{t('history.delete')}</button>
    </div>
  );
}

/** What was said to the report then; it stays as it was. */
function Verdict({ report }: { report: Report }) {
  const said = report.assessment;
  if (!said) return null;
  return (
    <a class="warn warn--row" data-tier={said.tier} href={`/app/answers/${report.id}`}>
      <TierBand tier={said.tier} />
      <h2>{said.title}</h2>
      <p>{said.message}</p>
      <p class="warn__more">{t('history.whole_answer')} <Icon name="next" size="s" turn /></p>
    </a>
  );
}

/** What the server noted on a session. */
function Advice({ session }: { session: Session }) {
  if (!session.advisories?.length) return null;
  return (
    <section class="group" aria-labelledby="noted">
      <h2 id="noted">{t('history.noted')}</h2>
      <ul class="card card--flush">
        {session.advisories.map((a) => <li key={a.rule}><Item icon="info" title={catalogue.value?.severities.find((s) => s.value === a.severity)?.label ?? ''} note={a.message} /></li>)}
      </ul>
    </section>
  );
}

function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="card card--flush facts">
      {facts.map((f) => <div key={f.name} class={`facts__row${f.value === undefined ? ' facts__row--open' : ''}${f.text ? ' facts__row--text' : ''}`}><dt>{f.name}</dt><dd>{f.value ?? word('chart.unanswered')}</dd></div>)}
    </dl>
  );
}

function factsOf(collection: Known, row: Row): Fact[] {
  switch (collection) {
    case 'sessions': return sessionFacts(row as unknown as Session);
    case 'reports': return reportFacts(row as unknown as Report);
    case 'progress': return [...progressFacts(row), ...note(row.note)];
    default: return [
      { name: t('history.outcome'), value: outcomeWord(row.outcome) },
      ...(row.no_infection == null ? [] : [{ name: word('doctor.ruled_out'), value: label('answers', row.no_infection ? 'yes' : 'no') }]),
      ...note(row.note),
    ];
  }
}

const note = (text: unknown): Fact[] => (text ? [{ name: t('history.note'), value: String(text), text: true }] : []);

/** Every question of a check-in, also those that were not answered; what is asked elsewhere only where it was told. */
function reportFacts(r: Report): Fact[] {
  const said = r as unknown as Record<string, unknown>;
  const facts = (catalogue.value?.symptoms ?? []).flatMap((q): Fact[] => {
    if (q.field === 'products') return r.products?.length ? [{ name: q.name, value: products(r.products) }] : [];
    if (q.field === 'seen_by_clinician' && !r.seen_by_clinician) return [];
    if (q.field === 'trend' && !r.trend) return [];
    return [{ name: q.name, value: answerWord(q, said[q.field]) }];
  });
  return [...facts, ...(r.clinician_diagnosis ? [{ name: t('history.told'), value: r.clinician_diagnosis, text: true }] : []), ...note(r.note)];
}

const products = (all: NonNullable<Report['products']>): string => list(all.map((p) => [label('products', p.kind), p.name, p.hours_after_session == null ? '' : t('history.hours', { n: number(p.hours_after_session) })].filter(Boolean).join(', ')));

function sessionFacts(s: Session): Fact[] {
  const roller = one<Roller>('rollers', s.roller_id ?? undefined);
  const said: Record<string, unknown> = { ...(s as unknown as Record<string, unknown>), 'baseline.itch': s.baseline?.itch, 'baseline.flaking': s.baseline?.flaking };
  const facts = (catalogue.value?.session ?? []).flatMap((q): Fact[] => {
    if (q.field === 'needle_mm') return [{ name: q.name, value: lengthOf(s) ? needle(s) : undefined }];
    if (q.field === 'products') return s.products?.length ? [{ name: q.name, value: products(s.products) }] : [];
    const value = answerWord(q, said[q.field]);
    const always = q.field === 'roller_disinfected' || q.field === 'areas';
    return value === undefined && !always ? [] : [{ name: q.name, value }];
  });
  return [
    ...(roller ? [{ name: t('history.roller'), value: roller.name ?? t('history.no_name') }] : []), ...facts,
    ...(s.rest ? [{ name: t('history.rest'), value: tn('history.rest_days', s.rest.days, { date: date(s.rest.until, 'day') }) }] : []), ...note(s.notes),
  ];
}
