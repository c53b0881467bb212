// What was done, with ten seconds to take it back. It stays as long as it is
// touched or focused; one at a time. It is the first of the content in tab order and
// the last to the eye: on a new screen one Tab reaches it. Readers hear what changes
// in a place that was there before: a new screen brings the place, and only then what
// was said.
import { signal } from '../core/signal';
import { useEffect, useRef, useState } from 'preact/hooks';
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

/** Puts a text where other apps find it. */
export const copy = async (text: string): Promise<boolean> => {
  const done = await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false; // not allowed, or no https
  say(done ? t('core.copied') : t('core.not_copied'));
  return done;
};

export function Toast() {
  const now = said.value;
  const [heard, hear] = useState<string>();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    hear(now?.text);
    if (!now) return undefined;
    const timer = setInterval(() => {
      if (!box.current?.matches(':focus-within, :hover') && --left.value <= 0) said.value = undefined;
    }, 1000);
    return () => clearInterval(timer);
  }, [now?.id]);
  useEffect(() => { box.current?.style.setProperty('--left', String(left.value / undoSeconds)); });
  return (
    <div class={now ? 'toast' : 'vh'} ref={box}>
      <span role="status">{heard}</span>
      {now?.undo && (
        <button type="button" class="btn" onClick={() => { say(t('core.undone')); void now.undo!(); }}>
          <Icon name="undo" size="s" />{t('core.undo')}<span class="num" aria-hidden="true"> {tn('core.seconds', left.value)}</span>
        </button>
      )}
    </div>
  );
}
