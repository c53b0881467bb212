// The frame of a screen: top bar with the way to help, one column, bottom bar.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { offlineSince } from '../core/api';
import { forgetful } from '../core/db';
import { entries, unconsented, waitingCount } from '../core/outbox';
import { openCount } from '../core/push';
import { clock } from '../core/rest';
import { signedOut } from '../core/session';
import { date, t, tn } from '../core/words';
import { toMain } from './focus';
import { Icon, Shape } from './parts';
import { Toast } from './toast';

const tabs = [
  { key: 'today', href: '/app', icon: 'head' }, { key: 'plan', href: '/app/plan', icon: 'plan' }, { key: 'history', href: '/app/history', icon: 'chart' },
  { key: 'photos', href: '/app/photos', icon: 'photos' }, { key: 'more', href: '/app/more', icon: 'more' },
] as const;
export type Tab = (typeof tabs)[number]['key'];

interface Props {
  /** The title in the top bar; on home it is second to the question. */
  title: string;
  /** The title is not the screen's h1, which stands in its content. */
  quiet?: boolean;
  back?: string;
  close?: string;
  tab?: Tab;
  help?: boolean;
  urgent?: boolean;
  brand?: boolean;
  foot?: ComponentChildren;
  end?: ComponentChildren;
  children: ComponentChildren;
}

export function Screen({ title, quiet, back, close, tab, help = true, urgent, brand, foot, end, children }: Props) {
  useEffect(() => {
    document.title = brand ? title : `${title} · Aftercare`;
    document.body.classList.toggle('urgent', urgent ?? false);
    return () => document.body.classList.remove('urgent');
  }, [title, urgent]);
  const Name = quiet ? 'p' : 'h1';
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); toMain(); }}>{t('core.skip')}</a>
      <div class="screen">
        <header class="top">
          {brand && <Brand />}
          {back && <a class="icon-btn" href={back} aria-label={t('core.back')}><Icon name="back" turn /></a>}
          {close && <a class="icon-btn" href={close} aria-label={t('core.close')}><Icon name="close" /></a>}
          <Name class={`top__name${quiet && !close && !back && !brand ? ' second top__name--light' : ''}`}>{title}</Name>
          {end}
          {help && <a class="help" href="/app/help"><Icon name="phone" />{t('core.help')}</a>}
        </header>
        <main id="main" ref={arrive} tabIndex={-1} aria-label={title}><Toast />{forgetful.value && <p class="banner"><Icon name="info" /><span>{t('core.forgetful')}</span></p>}{children}</main>
        {foot && <footer class="foot">{foot}</footer>}
        {tab && <Nav now={tab} />}
      </div>
    </>
  );
}

/**
 * The first screen keeps the browser's own focus; later ones move it to their content,
 * at once when they are there: an effect may come after that of a part which leads it on.
 */
function arrive(main: HTMLElement | null): void {
  if (arrived) main?.focus({ preventScroll: true });
  arrived = true;
}
let arrived = false;

function Nav({ now }: { now: Tab }) {
  return (
    <nav class="nav" aria-label={t('core.nav')}>
      <ul>
        {tabs.map((x) => (
          <li key={x.key}><a href={x.href} aria-current={x.key === now ? 'page' : undefined}><Icon name={x.icon} />{t(`core.tab_${x.key}`)}{x.key === 'today' && openCount.value > 0 && <span class="nav__dot"><span class="vh">{t('core.is_due')}</span></span>}</a></li>
        ))}
      </ul>
    </nav>
  );
}

/** How long an entry may take to arrive before it is spoken of. */
const onItsWay = 10_000;

/** Offline since when, how many entries wait; also that the server signed the phone out. */
export function Banner({ link = true }: { link?: boolean }) {
  const n = waitingCount.value;
  if (signedOut.value) {
    return <a class="banner" href="/app/sign-in"><Icon name="key" /><span role="status"><b>{t('core.signed_out')}</b> {t('core.signed_out_note')}</span><Icon name="next" size="s" turn /></a>;
  }
  const since = offlineSince.value;
  const asks = entries.value.some((e) => e.state !== 'waits');
  // What is on its way is not worth a line; what stays is.
  const stays = asks || entries.value.some((e) => Math.max(clock.value, Date.now()) - Date.parse(e.at) > onItsWay);
  if (!since && !stays) return null;
  const inner = (
    <>
      <Icon name={since ? 'cloudoff' : 'outbox'} />
      <span role="status">{since && <b>{t('core.offline', { time: date(since, 'time') })} </b>}{asks ? t('core.asks_you') : unconsented.value ? t('core.no_consent') : n > 0 && tn('core.waiting', n)}</span>
    </>
  );
  return link && n > 0 ? <a class="banner" href="/app/outbox">{inner}<Icon name="next" size="s" turn /></a> : <div class="banner">{inner}</div>;
}

export function Brand() {
  return (
    <svg class="brand" viewBox="0 -8 240 266" aria-hidden="true">
      <Shape name="ears" cls="brand__ear" /><Shape name="rim" cls="brand__rim" /><Shape name="whorl" cls="brand__whorl" />
    </svg>
  );
}
