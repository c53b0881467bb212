// Everything that is not daily, each with how it stands.
import { useEffect } from 'preact/hooks';
import { readAccount } from '../core/account';
import { byShareMenu, install, offer } from '../core/install';
import { all } from '../core/mirror';
import { waitingCount } from '../core/outbox';
import { rollerName, wear } from '../core/rollers';
import { account } from '../core/session';
import { date, language, languages, number, t, tn } from '../core/words';
import { word } from '../core/catalogue';
import type { Roller } from '../core/types';
import { Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { flagged } from './outbox';

/** The roller in use, by what is left of it; not one that is to be thrown away. */
function rollerNote(): string | undefined {
  const roller = all<Roller>('rollers').find((r) => r.state !== 'discarded' && !wear(r, [], new Date()).stop);
  if (!roller) return undefined;
  const name = rollerName(roller);
  return roller.max_uses == null ? name : t('more.rollers_note', { name, n: number(roller.uses ?? 0), of: number(roller.max_uses) });
}

function healthNote(): string {
  const person = account.value;
  if (!person || person.risks === null) return word('health.never');
  return person.risks_reviewed_at ? t('more.health_answered', { date: date(person.risks_reviewed_at, 'date') }) : tn('core.open_questions', person.risks_open.length);
}

function quietNote(): string | undefined {
  const quiet = account.value?.quiet_hours;
  if (!quiet) return undefined;
  return quiet.start === quiet.end ? t('more.no_quiet') : t('more.quiet', { start: quiet.start, end: quiet.end });
}

export default function More() {
  useEffect(() => { void readAccount(); }, []);
  return (
    <Screen title={t('core.tab_more')} tab="more">
      <Banner />
      <ul class="card card--flush">
        <li><Item icon="roller" title={t('more.rollers')} note={rollerNote()} href="/app/rollers" /></li>
        <li><Item icon="doctor" title={t('doctor.title')} note={t('more.doctor_note')} href="/app/doctor" /></li>
        <li><Item icon="shield" title={t('core.health')} note={healthNote()} href="/app/health" /></li>
      </ul>
      <ul class="card card--flush">
        <li><Item icon="bell" title={t('more.reminders')} note={quietNote()} href="/app/reminders" /></li>
        <li><Item icon="device" title={t('more.phones')} note={t('more.phones_note')} href="/app/phones" /></li>
        <li><Item icon="lock" title={t('more.data')} note={t('more.data_note')} href="/app/data" /></li>
        <li><Item icon="outbox" title={t('core.outbox')} note={flagged().length ? t('core.asks_you') : waitingCount.value ? tn('more.waits', waitingCount.value) : t('more.nothing_waits')} href="/app/outbox" /></li>
      </ul>
      <ul class="card card--flush">
        <li><Item icon="globe" title={t('more.language_place')} note={languages[language.value]} href="/app/language" /></li>
        <li><Item icon="book" title={t('more.about')} href="/app/about" /></li>
        {offer.value && <li><Item icon="plus" title={t('more.install')} note={t('more.install_note')} onClick={() => void install()} /></li>}
      </ul>
      {byShareMenu() && <p class="card card--line small"><span><Icon name="plus" size="s" /> <strong>{t('more.install')}</strong><br />{t('more.install_ios')}</span></p>}
    </Screen>
  );
}
