// The three views of the history.
import { t } from '../core/words';

const views = { cycle: '/app/history', months: '/app/history/months', entries: '/app/history/entries' } as const;

export function Views({ now }: { now: keyof typeof views }) {
  return (
    <nav class="seg" aria-label={t('history.views')}>
      {(Object.keys(views) as (keyof typeof views)[]).map((v) => <a key={v} href={views[v]} aria-current={v === now ? 'page' : undefined}>{t(`history.view_${v}`)}</a>)}
    </nav>
  );
}
