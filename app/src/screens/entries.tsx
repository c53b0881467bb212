// Everything that was written, the newest first, by days.
import { useState } from 'preact/hooks';
import { diary, moment, pageOf, type DiaryEntry } from '../core/diary';
import { entries } from '../core/outbox';
import { day } from '../core/timeline';
import { date, t } from '../core/words';
import { focusOn } from '../components/focus';
import { Empty } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { entryIcons, inShort } from '../components/diary';
import { Banner, Screen } from '../components/shell';
import { Views } from '../components/views';

const page = 40;

export default function Entries() {
  const [most, setMost] = useState(page);
  const all = diary();
  const days: { on: string; entries: DiaryEntry[] }[] = [];
  for (const e of all.slice(0, most)) {
    const on = day(new Date(moment(e.at)));
    const last = days[days.length - 1];
    if (last?.on === on) last.entries.push(e); else days.push({ on, entries: [e] });
  }
  return (
    <Screen title={t('core.tab_history')} tab="history">
      <Banner />
      <Views now="entries" />
      {all.length === 0 && <Empty icon="book" title={t('history.empty')}><p>{t('history.empty_note')}</p><a class="btn" href="/app/check-in">{t('home.check_in')}</a></Empty>}
      {days.map((d) => (
        <section key={d.on} class="group" aria-labelledby={`d${d.on}`}>
          <h2 id={`d${d.on}`}>{heading(d.on)}</h2>
          <ul class="card card--flush">{d.entries.map((e) => <li key={e.row.id}><Entry entry={e} /></li>)}</ul>
        </section>
      ))}
      {all.length > most && <button type="button" class="btn btn--wide" onClick={() => { setMost(most + page); focusOn('main li a', most); }}>{t('history.earlier_entries')}</button>}
    </Screen>
  );
}

/** The day; of another year with its year. */
function heading(on: string): string {
  const at = new Date(moment(on));
  return at.getFullYear() === new Date().getFullYear() ? date(at, 'day') : date(at, 'date');
}

function Entry({ entry }: { entry: DiaryEntry }) {
  const { title, note } = inShort(entry);
  const waits = entries.value.some((e) => e.collection === entry.collection && e.id === entry.row.id);
  const href = entry.collection === 'warnings' ? `/app/warnings/${entry.row.id}` : pageOf(entry.collection, entry.row.id);
  const end = <span class="item__end">{waits ? <span class="tag"><Icon name="clock" />{t('core.waits')}</span> : entry.at.length > 10 && date(entry.at, 'time')}</span>;
  return <Item icon={entryIcons[entry.collection]!} title={title} note={note} href={href} end={end} />;
}
