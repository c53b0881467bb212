// What the photo screens share: the row of views, and two pictures under one
// slider. Never a score.
import { useRef, useState } from 'preact/hooks';
import { address, daysApart, views, type Photo, type View } from '../core/photos';
import { dayOf, number, t, tn } from '../core/words';
import type { Way } from '../core/way';
import { Icon } from './parts';

export const viewName = (v: string): string => t(`progress.view_${v}`);

/** The view that an address names. */
export const asked = (query: Way['query']): string | undefined => query.view;

export function Views({ now, base, taken }: { now: View; base: string; taken?: Set<string> }) {
  return (
    <nav class="views" aria-label={t('progress.view')}>
      {views.map((v) => (
        <a key={v} href={`${base}?view=${v}`} aria-current={v === now ? 'true' : undefined}>
          <span><Icon name={taken?.has(v) ? 'check' : v} /></span>{viewName(v)}{taken?.has(v) && <span class="vh">{t('progress.taken')}</span>}
        </a>
      ))}
    </nav>
  );
}

/** "94 days apart". */
export function apart(a: Photo, b: Photo): string {
  const n = daysApart(a.at, b.at);
  return tn('progress.apart', n);
}

export function Shot({ photo, tag }: { photo: Photo; tag?: string }) {
  return (
    <div class="shot">
      <img src={address(photo)} alt={t('progress.picture_of', { view: viewName(photo.view), day: dayOf(photo.at) })} />
      {tag && <span class="shot__tag shot__tag--a">{tag}</span>}
    </div>
  );
}

/** The earlier picture lies below, the later one is cut where the slider stands. */
export function Compare({ a, b }: { a: Photo; b: Photo }) {
  const box = useRef<HTMLDivElement>(null);
  const [cut, setCut] = useState(50);
  const move = (v: number) => { setCut(v); box.current?.style.setProperty('--cut', `${v}%`); };
  const [first, second] = [dayOf(a.at), dayOf(b.at)];
  return (
    <div class="shot compare" ref={box}>
      <img src={address(a)} alt={t('progress.picture_of', { view: viewName(a.view), day: first })} />
      <img class="compare__b" src={address(b)} alt={t('progress.picture_of', { view: viewName(b.view), day: second })} />
      <span class="compare__bar" />
      <input
        type="range" min={0} max={100} value={cut} onInput={(e) => move(Number(e.currentTarget.value))}
        aria-label={t('progress.slide', { a: first, b: second })} aria-valuetext={t('progress.slid', { n: number(cut), a: first, b: second })}
      />
      <span class="shot__tag shot__tag--a">{first}</span><span class="shot__tag shot__tag--b">{second}</span>
    </div>
  );
}
