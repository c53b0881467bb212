// The parts that only screens behind home are made of: choices, fields, groups.
// Each works by keyboard through a native element.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { label } from '../core/catalogue';
import { t } from '../core/words';
import { Icon } from './parts';

let keys = 0;
/** An id of this element alone. */
const useKey = (): string => useState(() => `k${keys++}`)[0];

export interface Option { value: string; title: string; note?: string; icon?: string; level?: number; quiet?: boolean }

/** One of several: radios in rows, or in a grid. */
export function Choice({ name, legend, options, value, onChange, grid, hideLegend }: { name: string; legend: string; options: Option[]; value: string | undefined; onChange: (v: string) => void; grid?: boolean; hideLegend?: boolean }) {
  return (
    <fieldset>
      <legend class={hideLegend ? 'vh' : 'label label--above'}>{legend}</legend>
      <div class={`choice${grid ? ' choice--grid' : ''}`}>
        {options.map((o) => (
          <label key={o.value} class={`opt${o.quiet ? ' opt--quiet' : ''}`}>
            <input type="radio" name={name} value={o.value} checked={value === o.value} onChange={() => onChange(o.value)} />
            {o.icon && <Icon name={o.icon} />}
            {o.level !== undefined && <Level n={o.level} />}
            <span><b>{o.title}</b>{o.note && <span>{o.note}</span>}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Level({ n }: { n: number }) {
  return <span class="opt__level" aria-hidden="true">{[1, 2, 3].map((i) => <i key={i} class={i <= n ? 'on' : undefined} />)}</span>;
}

/** A box to tick. */
export function Box({ title, note, checked, onChange }: { title: string; note?: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="opt opt--box">
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span><b>{title}</b>{note && <span>{note}</span>}</span>
    </label>
  );
}

/** A row that is on or off; the whole row is its target. */
export function Switch({ title, note, on, onChange }: { title: string; note?: ComponentChildren; on: boolean; onChange: (on: boolean) => void }) {
  const id = useKey();
  return (
    <label class="item">
      <span class="grow"><b>{title}</b>{note && <span id={id}>{note}</span>}</span>
      <span class="switch"><input type="checkbox" role="switch" aria-label={title} aria-describedby={note ? id : undefined} checked={on} onChange={(e) => onChange(e.currentTarget.checked)} /></span>
    </label>
  );
}

/** Rows that belong together, under their name. */
export function Group({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return <section class="group" aria-labelledby={id}><h2 id={id}>{title}</h2>{children}</section>;
}

/** Zero to ten, with the ends in words. */
export function Nrs({ name, legend, value, onChange, least, most }: { name: string; legend: string; value: string | undefined; onChange: (v: string) => void; least: string; most: string }) {
  return (
    <fieldset class="stack stack--s">
      <legend class="vh">{legend}</legend>
      <div class="nrs">
        {Array.from({ length: 11 }, (_, i) => String(i)).map((v) => (
          <label key={v}>
            <input type="radio" name={name} value={v} checked={value === v} onChange={() => onChange(v)} />
            {v === '0' && <span class="vh">{least}, </span>}{v === '10' && <span class="vh">{most}, </span>}{v}
          </label>
        ))}
      </div>
      <p class="nrs__ends" aria-hidden="true"><span>{t('history.sign', { name: 0, value: least })}</span><span>{t('history.sign', { name: 10, value: most })}</span></p>
    </fieldset>
  );
}

/** Yes, no, not sure: nothing preselected. */
export function Ask({ name, legend, values, value, onChange, hideLegend }: { name: string; legend: string; values: { value: string; label: string }[]; value: string | undefined; onChange: (v: string) => void; hideLegend?: boolean }) {
  return (
    <fieldset class="field">
      <legend class={hideLegend ? 'vh' : 'label label--above'}>{legend}</legend>
      <div class="seg seg--ask">
        {values.map((o) => (
          <label key={o.value}><input type="radio" name={name} value={o.value} checked={value === o.value} onChange={() => onChange(o.value)} />{o.label}</label>
        ))}
      </div>
    </fieldset>
  );
}

/** The words for yes, no and not sure, as the catalogue has them. */
export const yesNo = (sure = true) => ['yes', 'no', ...(sure ? ['not_sure'] : [])].map((v) => ({ value: v, label: label('answers', v) }));

/** Several of many. */
export function Chips({ options, chosen, onChange, idOf }: { options: { value: string; label: string }[]; chosen: string[]; onChange: (v: string[]) => void; idOf?: (v: string) => string }) {
  return (
    <div class="chips">
      {options.map((o) => (
        <label key={o.value} class="chip">
          <input
            type="checkbox" id={idOf?.(o.value)} value={o.value} checked={chosen.includes(o.value)}
            onChange={(e) => onChange(e.currentTarget.checked ? [...chosen, o.value] : chosen.filter((v) => v !== o.value))}
          />
          <Icon name="check" />{o.label}
        </label>
      ))}
    </div>
  );
}

/** A labelled control with its help or its error. */
export function Field({ label: text, help, error, children }: { label: string; help?: string; error?: string; children: (props: { id: string; class: string; 'aria-invalid'?: 'true'; 'aria-describedby'?: string }) => JSX.Element }) {
  const id = useKey();
  const note = error ?? help;
  return (
    <div class="field">
      <label for={id}>{text}</label>
      {children({ id, class: 'input', ...(error ? { 'aria-invalid': 'true' as const } : {}), ...(note ? { 'aria-describedby': `${id}n` } : {}) })}
      {error ? <p class="field__error" id={`${id}n`}><Icon name="info" size="s" /><span>{error}</span></p> : help && <p class="field__help" id={`${id}n`}>{help}</p>}
    </div>
  );
}

export function Fold({ icon, title, card, open, children }: { icon: string; title: string; card?: boolean; open?: boolean; children: ComponentChildren }) {
  return (
    <details class={`fold${card ? ' card' : ''}`} open={open}>
      <summary><Icon name={icon} /><span>{title}</span><Icon name="down" /></summary>
      {children}
    </details>
  );
}

export function Empty({ icon, title, children }: { icon: string; title: string; children?: ComponentChildren }) {
  return <div class="empty"><Icon name={icon} /><b>{title}</b>{children}</div>;
}

export function Progress({ label: text, now, max }: { label: string; now: number; max: number }) {
  return (
    <div class="bar" role="progressbar" aria-label={text} aria-valuemin={0} aria-valuemax={max} aria-valuenow={now}>
      <span style={{ inlineSize: `${(100 * now) / Math.max(max, 1)}%` }} />
    </div>
  );
}
