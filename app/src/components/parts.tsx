// The small parts that screens are made of; what home does not show is in
// fields.tsx. Each works by keyboard through a native element.
import type { ComponentChildren } from 'preact';
import sprite from '../assets/icons.svg?url';

export function Icon({ name, size, turn }: { name: string; size?: 's' | 'l'; turn?: boolean }) {
  return (
    <svg class={`i${size ? ` i--${size}` : ''}${turn ? ' i--turn' : ''}`} aria-hidden="true" viewBox="0 0 24 24">
      <use href={`${sprite}#i-${name}`} />
    </svg>
  );
}

/** A part of a picture: its shape is in the file of icons, its colours are those of its class. */
export function Shape({ name, cls }: { name: string; cls: string }) {
  return <use class={cls} href={`${sprite}#${name}`} />;
}

type Press = { href: string; onClick?: undefined } | { href?: undefined; onClick: () => void };

/** A big action: an icon, what it does, what it costs. */
export function Big({ icon, main, tall, title, cost, ...press }: { icon: string; main?: boolean; tall?: boolean; title: string; cost: string } & Press) {
  const cls = `big${main ? ' big--main' : ''}${tall ? ' big--tall' : ''}`;
  const inner = <><Icon name={icon} /><span><b>{title}</b><span>{cost}</span></span></>;
  return press.href !== undefined ? <a class={cls} href={press.href}>{inner}</a> : <button type="button" class={cls} onClick={press.onClick}>{inner}</button>;
}

/** A row of a list: icon, title, note, and what stands at its end. */
export function Item({ icon, title, note, end, alone, href, onClick }: { icon: string; title: ComponentChildren; note?: ComponentChildren; end?: ComponentChildren; alone?: boolean; href?: string; onClick?: () => void }) {
  const cls = `item${alone ? ' card card--flush item--alone' : ''}`;
  const inner = (
    <>
      <Icon name={icon} />
      <span class="grow"><b>{title}</b>{note && <span>{note}</span>}</span>
      {end ?? ((href || onClick) && <Icon name="next" size="s" turn />)}
    </>
  );
  if (href) return <a class={cls} href={href}>{inner}</a>;
  if (onClick) return <button type="button" class={cls} onClick={onClick}>{inner}</button>;
  return <div class={cls}>{inner}</div>;
}

/** A number to call, with what it is. */
export function Call({ number, title, note, icon = 'phone', cls = '' }: { number: string; title: string; note?: string; icon?: string; cls?: string }) {
  return <a class={`call ${cls}`} href={`tel:${number.replace(/[^\d+*#]/g, '')}`}><Icon name={icon} /><span>{title}{note && <span>{note}</span>}</span></a>;
}

/** What went wrong, said at once. */
export function Wrong({ text }: { text: string | undefined }) {
  return text ? <p class="field__error" role="alert"><Icon name="info" size="s" /><span>{text}</span></p> : null;
}
