// A warning: its tier by word, icon, steps and edge, never by colour alone.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { adviceNumber, callWord, catalogue, emergencyNumber, tierText, word } from '../core/catalogue';
import { language, t } from '../core/words';
import type { Tier, Warning } from '../core/types';
import { Call, Icon } from './parts';

export const tiers: Tier[] = ['expected', 'watch', 'doctor_soon', 'same_day', 'emergency'];
const icons: Record<Tier, string> = { expected: 'note', watch: 'eye', doctor_soon: 'calendar', same_day: 'clock', emergency: 'alarm' };

export const tierIcon = (tier: Tier): string => icons[tier];

/** How urgent: four steps, filled from below, and the same in words. */
export function TierSteps({ tier }: { tier: Tier }) {
  const n = tiers.indexOf(tier);
  return (
    <>
      <span class="steps" aria-hidden="true">{[1, 2, 3, 4].map((i) => <i key={i} class={`step--${i}${i <= n ? ' on' : ''}`} />)}</span>
      <span class="vh">{t('core.urgency', { n })}</span>
    </>
  );
}

export function TierBand({ tier }: { tier: Tier }) {
  return (
    <p class="warn__tier">
      <Icon name={icons[tier]} size="s" /><span>{tierText(tier).title}</span>
      <TierSteps tier={tier} />
    </p>
  );
}

/** The card with the answer; focus moves to its title. */
export function Warn({ tier, title, message, focus }: { tier: Tier; title: string; message: string; focus?: boolean }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => { if (focus) head.current?.focus({ preventScroll: true }); }, [focus, title]);
  return (
    <section class="warn" data-tier={tier} aria-labelledby="warn-title">
      <TierBand tier={tier} />
      <h1 id="warn-title" ref={head} tabIndex={-1}>{title}</h1>
      <p class={tier === 'watch' || tier === 'expected' ? 'lead' : undefined}>{message}</p>
    </section>
  );
}

/** The link to a warning on home. */
export function WarnRow({ warning }: { warning: Warning }) {
  return (
    <a class="warn warn--row" data-tier={warning.tier} href={`/app/warnings/${warning.id}`}>
      <TierBand tier={warning.tier} />
      <h2>{warning.title === tierText(warning.tier).title ? reasonOf(warning.message) : warning.title}</h2>
      <p>{tierText(warning.tier).what}</p>
      <p class="warn__more">{t('home.read')} <Icon name="next" size="s" turn /></p>
    </a>
  );
}

/** The reason comes first in a message: one sentence, or two where the first is short. */
export function reasonOf(message: string): string {
  let reason = '';
  for (const { segment } of new Intl.Segmenter(language.value, { granularity: 'sentence' }).segment(message)) {
    reason += segment;
    if (reason.length > 45) break;
  }
  return reason.trim();
}

/** Active warnings, the most urgent first. */
export function active(warnings: Warning[]): Warning[] {
  return warnings.filter((w) => w.state === 'active').sort((a, b) => tiers.indexOf(b.tier) - tiers.indexOf(a.tier) || b.raised_at.localeCompare(a.raised_at));
}

const helpIcons = ['breath', 'thermo', 'spread', 'drop', 'pain', 'eye', 'clock'];

/** When to get help; of an answer, or of the catalogue. */
export function HelpList({ lines }: { lines?: string[] | null }) {
  const shown = lines?.length ? lines : (catalogue.value?.get_help_if ?? []);
  return (
    <ul class="helplist">
      {shown.map((line, i) => <li key={line}><Icon name={helpIcons[i] ?? 'info'} /><span>{line}</span></li>)}
    </ul>
  );
}

/** The numbers to call, with what they are; words where the region is not known. */
export function Calls({ children }: { children?: ComponentChildren }) {
  const [advice, emergency] = [adviceNumber(), emergencyNumber()];
  return (
    <div class="calls">
      {advice && advice !== emergency && <Call number={advice} title={advice} note={t('core.advice')} />}
      {emergency ? <Call number={emergency} title={emergency} note={t('core.emergency')} icon="alarm" /> : <p class="call call--words">{callWord(undefined)}</p>}
      {!advice && <p class="call call--words">{word('help.advice.none')}</p>}
      {children}
    </div>
  );
}
