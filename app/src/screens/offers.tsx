// What the app offers once, on home, after the first session: messages, then a
// place on the home screen. Never at the door, one at a time, and not twice. It is
// part of home, but comes with the second script: nobody waits for it.
import { useEffect } from 'preact/hooks';
import { signal } from '../core/signal';
import { get, put } from '../core/db';
import { install, offer } from '../core/install';
import { all } from '../core/mirror';
import { pushState } from '../core/push';
import { switchOn } from '../core/push-switch';
import { problemText } from '../core/problem';
import { session } from '../core/session';
import { t } from '../core/words';
import { Icon } from '../components/parts';
import { say } from '../components/toast';

type Name = 'push' | 'install';
const answered = signal<Name[] | undefined>(undefined);

async function settle(name: Name): Promise<void> {
  answered.value = [...(answered.peek() ?? []), name];
  await put('offers', answered.value);
}

/** What may be offered now. */
function due(): Name | undefined {
  if (!answered.value || !session.value || all('sessions').length === 0) return undefined;
  if (!answered.value.includes('push') && pushState.value === 'off') return 'push';
  return !answered.value.includes('install') && offer.value ? 'install' : undefined;
}

const offers = {
  push: { icon: 'bell', title: 'more.remind', why: 'more.remind_why', yes: 'more.remind_yes', go: async () => { if ((await switchOn()) === 'on') say(t('more.remind_on')); } },
  install: { icon: 'plus', title: 'more.install', why: 'more.install_note', yes: 'more.install', go: install },
} as const;

export default function Offers() {
  useEffect(() => { void get<Name[]>('offers').then((v) => { answered.value = v ?? []; }); }, []);
  const name = due();
  if (!name) return null;
  const { icon, title, why, yes, go } = offers[name];
  const accept = async () => {
    try { await go(); } catch (e) { say(problemText(e)); }
    await settle(name);
  };
  return (
    <section class="card" aria-labelledby="offer">
      <div class="card__head"><Icon name={icon} /><h2 id="offer">{t(title)}</h2></div>
      <p class="small">{t(why)}</p>
      <div class="pair pair--two">
        <button type="button" class="btn" onClick={() => void accept()}>{t(yes)}</button>
        <button type="button" class="btn btn--plain" onClick={() => void settle(name)}>{t('more.not_now')}</button>
      </div>
    </section>
  );
}
