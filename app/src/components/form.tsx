// What forms share: what is typed and kept, what is wrong, and a row that is
// written with ten seconds to take it back.
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { one, serverRow } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import type { Row, Writable } from '../core/types';
import { route } from '../core/way';
import { once } from './focus';
import { Field } from './fields';
import { Wrong } from './parts';
import { Banner, Screen } from './shell';
import { say } from './toast';

/**
 * The form as it was, with what was typed over it; no reload loses that. What is typed before
 * the draft was read goes over the draft.
 */
export function useForm<F extends object>(key: string, start: F) {
  const [changes, setChanges] = useState<Partial<F>>({});
  const [error, setError] = useState('');
  const typed = useRef(changes);
  const draw = (next: Partial<F>) => { typed.current = next; setChanges(next); };
  useLayoutEffect(() => { // at once: what is tapped right after the first picture stays
    let here = true;
    draw({});
    void draft<Partial<F>>(key).then((d) => { if (here) draw({ ...d, ...typed.current }); });
    return () => { here = false; };
  }, [key]);
  const set = (part: Partial<F>) => { draw({ ...typed.current, ...part }); setError(''); void keepDraft(key, typed.current); };
  /** Says what is wrong, and leads to the field. */
  const fail = (text: string, field?: string) => { setError(text); document.querySelector<HTMLElement>(`[name=${field}],#${field}`)?.focus(); };
  const done = async () => { await keepDraft(key, undefined); draw({}); };
  return { form: { ...start, ...changes } as F, changes, set, error, fail, done };
}

/** The row that a form corrects. Where another phone deletes it meanwhile it stays, with what was typed: saved, it is back. */
export function useEdited<T>(collection: Writable, id: string | undefined): T | undefined {
  const last = useRef<Row | undefined>(undefined);
  const row = one<Row>(collection, id) ?? last.current;
  last.current = row?.id === id ? row : undefined;
  useEffect(() => { if (id && !last.current) route(`/app/history/entries/${collection}/${id}`, true); }, [id]); // which says that it is gone
  return last.current as T | undefined;
}

/** A screen that is one form, with its button below. */
export function FormScreen({ title, close, error, button, onSave, after, bare, children }: { title: string; close: string; error?: string; button: string; onSave: () => Promise<void>; after?: ComponentChildren; bare?: boolean; children: ComponentChildren }) {
  const press = () => void once(close, onSave);
  return (
    <Screen title={title} close={close} foot={<><Wrong text={error} /><button type="button" class="btn btn--main btn--wide btn--tall" onClick={press}>{button}</button></>}>
      {!bare && <Banner />}
      <form class="stack stack--l" onSubmit={(e) => { e.preventDefault(); press(); }}>{children}</form>
      {after}
    </Screen>
  );
}

/** A labelled line to type into, or a day, a time, a number. */
export function Input({ label, help, error, value, onInput, ...rest }: Omit<InputHTMLAttributes<HTMLInputElement>, 'onInput'> & { label: string; help?: string; error?: string; onInput: (text: string) => void }) {
  return <Field label={label} help={help} error={error}>{(p) => <input {...p} autocomplete="off" {...rest as object} value={value ?? ''} onInput={(e) => onInput(e.currentTarget.value)} />}</Field>;
}

export function Area({ label, value, onInput, max = 4000 }: { label: string; value: string | undefined; onInput: (text: string) => void; max?: number }) {
  return <Field label={label}>{(p) => <textarea {...p} maxLength={max} value={value ?? ''} onInput={(e) => onInput(e.currentTarget.value)} />}</Field>;
}

export async function write(collection: Writable, row: Row, label: string): Promise<void> {
  await save(collection, row, label, serverRow(collection, row.id));
  void sync();
}

export async function erase(collection: Writable, row: Row): Promise<void> {
  await remove(collection, row, 'core.entry_removed');
  void sync();
}

/** Writes a row and says so; taken back, it is as before. */
export async function keep(collection: Writable, row: Row, label: string, said: string, before?: Row): Promise<void> {
  await write(collection, row, label);
  say(said, () => (before ? write(collection, before, label) : erase(collection, row)));
}
