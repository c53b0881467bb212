// The pictures of one view: two of them under a slider, all of them to look at,
// save or delete. They are on this phone alone.
import { useState } from 'preact/hooks';
import { word } from '../core/catalogue';
import { all } from '../core/mirror';
import { address, deletePhoto, ofView, photos, putBack, viewOf, type Photo } from '../core/photos';
import { scaleName } from '../core/progress';
import { date, dayOf, t, tn } from '../core/words';
import type { ProgressNote, Reminder } from '../core/types';
import { type Way } from '../core/way';
import { Empty } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { weight } from '../components/photo-total';
import { apart, asked, Compare, Shot, viewName, Views } from '../components/photos';
import { Screen } from '../components/shell';
import { Sheet } from '../components/sheet';
import { say } from '../components/toast';

export default function Photos({ query }: Way) {
  const [opened, setOpened] = useState<Photo>();
  const list = photos.value;
  const view = viewOf(asked(query));
  const here = ofView(list ?? [], view);
  const [first, last] = [here[0], here.at(-1)];
  const next = all<Reminder>('reminders').filter((r) => r.kind === 'progress' && ['scheduled', 'held', 'due', 'snoozed'].includes(r.state)).sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
  const erase = async (p: Photo) => {
    setOpened(undefined);
    await deletePhoto(p.id);
    say(t('progress.deleted', { view: viewName(p.view), day: dayOf(p.at) }), () => putBack(p));
  };
  return (
    <Screen title={t('core.tab_photos')} tab="photos">
      <p class="row small second"><Icon name="lock" size="s" /><span>{word('photo.stay')}</span></p>
      <Views now={view} base="/app/photos" />
      {first && last && first !== last && (
        <section class="stack stack--s" aria-labelledby="compare">
          <div class="row"><h2 id="compare" class="grow">{t('progress.compare')}</h2><span class="small second">{apart(first, last)}</span></div>
          <Compare key={`${first.id} ${last.id}`} a={first} b={last} />
          <p class="small second">{word('photo.slow')}</p>
          {here.length > 2 && <a class="btn" href={`/app/photos/compare?view=${view}`}>{t('progress.two_dates')}</a>}
        </section>
      )}
      {list && here.length === 0 && <Empty icon={view} title={t('progress.none', { view: viewName(view) })}><p class="small">{t('progress.none_note')}</p></Empty>}
      {first && first === last && <section class="stack stack--s"><Shot photo={first} tag={dayOf(first.at)} /><p class="small second">{word('photo.slow')}</p></section>}
      <section class="stack stack--s" aria-labelledby="camera">
        <h2 id="camera">{next ? t('progress.next', { day: date(next.due_at, 'day') }) : t('progress.new')}</h2>
        <p class="small second">{word('photo.how')}</p>
        <a class="btn btn--main btn--wide btn--tall" href={`/app/photos/take?view=${view}`}><Icon name="photos" size="s" />{t('progress.take')}</a>
      </section>
      {here.length > 0 && (
        <section class="stack stack--s" aria-labelledby="all">
          <div class="row"><h2 id="all" class="grow">{viewName(view)}</h2><span class="small second">{tn('progress.pictures', here.length)}</span></div>
          <ul class="shots">
            {[...here].reverse().map((p) => <li key={p.id}><button type="button" onClick={() => setOpened(p)}><Shot photo={p} /><span>{dayOf(p.at)}</span></button></li>)}
          </ul>
        </section>
      )}
      <ul class="card card--flush">
        <li><Item icon="pencil" title={t('progress.scales')} note={latest()} href="/app/photos/scales" /></li>
        <li><Item icon="book" title={t('progress.expect')} href="/app/photos/expect" /></li>
      </ul>
      {!!list?.length && <p class="small second">{weight(list)}</p>}
      <Sheet open={opened !== undefined} onClose={() => setOpened(undefined)} title={opened ? `${viewName(opened.view)}, ${dayOf(opened.at)}` : ''}>
        {opened && (
          <>
            <Shot photo={opened} />
            <div class="pair pair--two">
              <a class="btn" href={address(opened)} download={`${opened.view}-${opened.at.slice(0, 10)}.jpg`}><Icon name="save" size="s" />{t('progress.copy')}</a>
              <button type="button" class="btn" onClick={() => void erase(opened)}><Icon name="trash" size="s" />{t('progress.delete')}</button>
            </div>
          </>
        )}
      </Sheet>
    </Screen>
  );
}

/** What the person's own scale said last. */
function latest(): string {
  const notes = all<ProgressNote>('progress').sort((a, b) => b.on.localeCompare(a.on));
  const scale = notes.find((n) => n.scale);
  return scale ? t('progress.own', { scale: scaleName(scale) }) : t('progress.own_none');
}
