// What forms share: what is typed and kept, what is wrong, and a row that is
// written with ten seconds to take it back.
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { serverRow } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import type { Row, Writable } from '../core/types';
import { once } from './focus';
import { Field } from './fields';
import { Icon } from './parts';
import { Banner, Screen } from './shell';
import { say } from './toast';

/** The form as it was, with what was typed over it; no reload loses that. */
export function useForm<F extends object>(key: string, start: F) {
  const [changes, setChanges] = useState<Partial<F>>({});
  const [error, setError] = useState('');
  useEffect(() => { setChanges({}); void draft<Partial<F>>(key).then((d) => setChanges((typed) => ({ ...d, ...typed }))); }, [key]);
  const set = (part: Partial<F>) => { const next = { ...changes, ...part }; setChanges(next); setError(''); void keepDraft(key, next); };
  /** Says what is wrong, and leads to the field. */
  const fail = (text: string, field?: string) => { setError(text); document.querySelector<HTMLElement>(`[name=${field}],#${field}`)?.focus(); };
  const done = async () => { await keepDraft(key, undefined); setChanges({}); };
  return { form: { ...start, ...changes } as F, changes, set, error, fail, done };
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

export function Wrong({ text }: { text: string | undefined }) {
  return text ? <p class="field__error" role="alert"><Icon name="info" size="s" /><span>{text}</span></p> : null;
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
