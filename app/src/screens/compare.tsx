// Two dates of one view under a slider. Both dates stay visible; nothing is judged.
import { useState } from 'preact/hooks';
import { word } from '../core/catalogue';
import { ofView, photos, viewOf, type Photo } from '../core/photos';
import { dayOf, t } from '../core/words';
import { type Way } from '../core/way';
import { Empty, Field } from '../components/fields';
import { apart, asked, Compare, viewName, Views } from '../components/photos';
import { Screen } from '../components/shell';

export default function ComparePhotos({ query }: Way) {
  const view = viewOf(asked(query));
  const here = ofView(photos.value ?? [], view);
  return (
    <Screen title={t('progress.compare')} back={`/app/photos?view=${view}`} tab="photos">
      <Views now={view} base="/app/photos/compare" />
      {here.length < 2 ? <Empty icon={view} title={t('progress.one_only', { view: viewName(view) })}><p class="small">{t('progress.one_only_note')}</p><a class="btn" href={`/app/photos/take?view=${view}`}>{t('progress.take')}</a></Empty> : <Pair key={view} list={here} />}
    </Screen>
  );
}

function Pair({ list }: { list: Photo[] }) {
  const [ids, setIds] = useState({ a: list[0]!.id, b: list.at(-1)!.id });
  const of = (id: string): Photo => list.find((p) => p.id === id) ?? list[0]!;
  const [a, b] = [of(ids.a), of(ids.b)].sort((x, y) => x.at.localeCompare(y.at)) as [Photo, Photo];
  const pick = (label: string, which: 'a' | 'b') => (
    <Field label={label}>
      {(p) => <select {...p} value={ids[which]} onChange={(e) => setIds({ ...ids, [which]: e.currentTarget.value })}>{list.map((x) => <option key={x.id} value={x.id}>{dayOf(x.at)}</option>)}</select>}
    </Field>
  );
  return (
    <>
      <Compare key={`${a.id} ${b.id}`} a={a} b={b} />
      <p class="small second">{apart(a, b)}</p>
      <div class="pair">{pick(t('progress.date_one'), 'a')}{pick(t('progress.date_two'), 'b')}</div>
      <p class="small second">{word('photo.slow')}</p>
    </>
  );
}
