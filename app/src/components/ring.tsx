// The state ring: the head from above, one mark for each day of rest. The
// picture is hidden from readers; the text says it all.
import type { View } from '../core/rest';
import { date } from '../core/words';
import { skin } from './head';
import { marks, place } from './ring-marks';
import { Icon, Shape } from './parts';

const icons = { resting: 'moon', early: 'moon', ready: 'dawn', blocked: 'stop', unknown: 'cloudoff' } as const;

/** The marks of a ring, and those that are passed. */
export function Marks({ of: { all, done, offset }, d }: { of: ReturnType<typeof marks>; d: string }) {
  const path = (cls: string, dashes: string) => <path class={cls} pathLength={1000} stroke-dasharray={dashes} stroke-dashoffset={offset} d={d} />;
  return <>{path('ring__to', all)}{done && path('ring__done', done)}</>;
}

export function Ring({ view, now, word, sub }: { view: View; now: number; word: string; sub?: string }) {
  const counts = (view.state === 'resting' || view.state === 'early') && view.from && view.until;
  const m = counts ? marks(Date.parse(view.from!), Date.parse(view.until!), now) : undefined;
  const floor = m && view.floor ? place((Date.parse(view.floor) - Date.parse(view.from!)) / (Date.parse(view.until!) - Date.parse(view.from!))) : undefined;
  return (
    <div class="ring">
      <svg viewBox={floor ? '0 -8 240 292' : '0 -8 240 266'} aria-hidden="true">
        <Shape name="ears" cls="ring__ear" />
        <path class="ring__skin" d={skin} />
        {m ? (
          <Marks of={m} d={skin} />
        ) : (
          <path class={view.state === 'ready' ? 'ring__done' : 'ring__to'} d={skin} />
        )}
        {floor && <path class="ring__floor" d={floor.line} />}
        {floor && <text class="ring__note" text-anchor={floor.anchor} x={floor.x} y={floor.y}>{date(view.floor!, 'short')}</text>}
      </svg>
      <p class="ring__text"><Icon name={icons[view.state]} size="l" /><span class="ring__word">{word}</span>{sub && <span class="ring__sub">{sub}</span>}</p>
    </div>
  );
}
