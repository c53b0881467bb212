// What was done, with ten seconds to take it back. It stays as long as it is
// touched or focused; one at a time. Readers hear what changes in a place that was
// there before: it always is.
import { signal } from '../core/signal';
import { useEffect, useRef } from 'preact/hooks';
import { t, tn } from '../core/words';
import { Icon } from './parts';

interface Said { text: string; undo?: () => void | Promise<void>; id: number }

const said = signal<Said | undefined>(undefined);
const left = signal(0);
export const undoSeconds = 10;

export function say(text: string, undo?: Said['undo']): void {
  said.value = { text, undo, id: Date.now() };
  left.value = undoSeconds;
}

export function hush(): void { said.value = undefined; }

export function Toast() {
  const now = said.value;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!now) return undefined;
    const timer = setInterval(() => {
      if (box.current?.matches(':focus-within, :hover')) return;
      left.value--;
      if (left.value <= 0) hush();
    }, 1000);
    return () => clearInterval(timer);
  }, [now?.id]);
  useEffect(() => { box.current?.style.setProperty('--left', String(left.value / undoSeconds)); });
  return (
    <div class={now ? 'toast' : 'vh'} ref={box}>
      <span role="status">{now?.text}</span>
      {now?.undo && (
        <button type="button" class="btn" onClick={() => { hush(); void now.undo!(); }}>
          <Icon name="undo" size="s" />{t('core.undo')}<span class="num" aria-hidden="true"> {tn('core.seconds', left.value)}</span>
        </button>
      )}
    </div>
  );
}
