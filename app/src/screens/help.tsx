// Whom to call and when; works without a connection.
import { adviceNumber, callWord, emergencyNumber, word } from '../core/catalogue';
import { account } from '../core/session';
import { t } from '../core/words';
import { Big, Call } from '../components/parts';
import { Screen } from '../components/shell';
import { lastRolled } from '../components/summary';
import { HelpList } from '../components/warn';

export default function Help() {
  const [emergency, advice] = [emergencyNumber(), adviceNumber()];
  const said = lastRolled();
  return (
    <Screen title={t('core.help')} close="/app" help={false}>
      {emergency ? <Call cls="call--urgent" number={emergency} title={callWord(emergency)} note={t('core.emergency')} /> : <p class="call call--urgent call--words">{callWord(undefined)}</p>}
      {advice && advice !== emergency && <Call cls="call--help" number={advice} title={t('core.call', { number: advice })} note={t('core.advice')} />}
      <section class="stack" aria-labelledby="when"><h2 id="when">{t('core.when_to_call')}</h2><HelpList /></section>
      {said && <section class="card" aria-labelledby="say"><h2 id="say">{t('answer.say')}</h2><p><q>{said}</q></p><p class="small second">{word('help.say.then')}</p></section>}
      {account.value && <Big icon="pencil" title={word('help.first')} cost={word('help.first.cost')} href="/app/check-in" />}
    </Screen>
  );
}
