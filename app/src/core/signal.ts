// Values whose readers hear of a change: a component that read one draws again,
// an effect runs again. The part of Preact's signals that the app needs, at a
// quarter of their weight.
import { options, type Component, type VNode } from 'preact';

export interface Signal<T> { value: T; peek(): T }

/** Who reads: a component or an effect, which run again, or a computed value, which has readers of its own. */
interface Reader { run?: () => void; readers?: Readers; stale?: boolean; sources: Set<Readers> }
type Readers = Set<Reader>;

let reading: Reader | undefined;

function heard(readers: Readers): void {
  if (!reading) return;
  readers.add(reading);
  reading.sources.add(readers);
}

function forget(reader: Reader): void {
  for (const readers of reader.sources) readers.delete(reader);
  reader.sources.clear();
}

/** Makes every computed value behind these stale, and gathers who has to run: none runs before all are stale. */
function behind(readers: Readers, found: Readers): void {
  for (const r of readers) {
    if (!r.readers) found.add(r);
    else if (!r.stale) { r.stale = true; behind(r.readers, found); }
  }
}

/** Does the work; what it reads is what the reader hears of from now on. */
function listen<T>(reader: Reader, work: () => T): T {
  forget(reader);
  const before = reading;
  reading = reader;
  try { return work(); } finally { reading = before; }
}

export function signal<T>(now: T): Signal<T> {
  const readers: Readers = new Set();
  return {
    get value() { heard(readers); return now; },
    set value(next) {
      if (next === now) return;
      now = next;
      const found: Readers = new Set();
      behind(readers, found);
      for (const r of found) r.run!();
    },
    peek: () => now,
  };
}

/** A value made of others, made again when it is read after one of them changed. */
export function computed<T>(make: () => T): { readonly value: T; peek(): T } {
  const own = { readers: new Set<Reader>(), stale: true, sources: new Set<Readers>() };
  let now: T;
  const peek = (): T => {
    if (own.stale) { now = listen(own, make); own.stale = false; }
    return now;
  };
  return { get value() { heard(own.readers); return peek(); }, peek };
}

/** Does the work now, and again when something changed that it read. */
export function effect(work: () => void): void {
  const own: Reader = { sources: new Set(), run: () => listen(own, work) };
  own.run!();
}

// Preact says before which component it draws (by the name that its own hooks
// use), after which, and which it takes away.
interface Drawn extends VNode { __c?: Component & { reader?: Reader } }
const hooks = options as { __r?: (node: Drawn) => void; diffed?: (node: Drawn) => void; unmount?: (node: Drawn) => void };
const { __r: draw, diffed, unmount } = hooks;

hooks.__r = (node) => {
  draw?.(node);
  const drawn = node.__c!;
  reading = drawn.reader ??= { sources: new Set(), run: () => drawn.setState({}) };
  forget(reading);
};
hooks.diffed = (node) => {
  reading = undefined;
  diffed?.(node);
};
hooks.unmount = (node) => {
  if (node.__c?.reader) forget(node.__c.reader);
  unmount?.(node);
};
