// What it is and what it is not, the consent, and an account without a name.
import { useState } from 'preact/hooks';
import { api, need } from '../core/api';
import { catalogue, loadCatalogue, word } from '../core/catalogue';
import { get, put } from '../core/db';
import { hex } from '../core/ids';
import { problemText } from '../core/problem';
import { begin } from '../core/session';
import { sync } from '../core/sync';
import { language, languages, speak, t, type Language } from '../core/words';
import { once } from '../components/focus';
import { Box } from '../components/fields';
import { Icon, Wrong } from '../components/parts';
import { Screen } from '../components/shell';
import { deviceName, timeZone } from '../core/device';
import { route } from '../core/way';

/** The same key again within ten minutes gets the same account: a lost answer leaves no orphan. */
async function accountKey(): Promise<string> {
  const kept = await get<string>('account-key');
  if (kept) return kept;
  const key = hex(crypto.getRandomValues(new Uint8Array(32)));
  await put('account-key', key);
  return key;
}

async function signUp(): Promise<void> {
  const consent = catalogue.value!.consents.find((c) => c.purpose === 'health_data')!;
  const region = navigator.languages.map((l) => new Intl.Locale(l).region).find(Boolean);
  const made = await need(api.POST('/v1/accounts', {
    body: {
      time_zone: timeZone(), locale: language.value, ...(region ? { region } : {}), account_key: await accountKey(),
      consent: { health_data: true, version: consent.version }, device: { name: deviceName(), platform: 'web' },
    },
  }));
  await put('recovery-code', made.recovery_code);
  await begin(made);
  await put('account-key', undefined);
}

export default function Welcome() {
  const [adult, setAdult] = useState(false);
  const [consent, setConsent] = useState(false);
  const [problem, setProblem] = useState('');
  const words = catalogue.value;
  const start = async () => {
    if (!adult || !consent) {
      setProblem(t('core.welcome_both'));
      document.querySelector<HTMLInputElement>(adult ? '.choice .opt:nth-child(2) input' : '.choice .opt:first-child input')?.focus();
      return;
    }
    try {
      await signUp();
      route('/app/recovery-code', true);
      void sync();
    } catch (e) {
      setProblem(problemText(e, t('core.welcome_offline')));
    }
  };
  return (
    <Screen
      title="Aftercare" quiet brand help={false} end={<Languages />}
      foot={
        <>
          <Wrong text={problem} />
          <button type="button" class="btn btn--main btn--wide btn--tall" disabled={!words} onClick={() => void once('up', start)}>{t('core.start')}</button>
          <a class="btn btn--plain btn--wide" href="/app/sign-in">{t('core.other_phone')}</a>
        </>
      }
    >
      <div class="head">
        <h1>{word('welcome.title') || t('core.welcome')}</h1>
        <p class="second">{word('welcome.lead')}</p>
      </div>
      {words ? (
        <>
          <section class="card" aria-labelledby="use"><h2 id="use">{t('core.what_it_is')}</h2><p class="small">{words.intended_use}</p></section>
          <div class="choice">
            <Box title={t('core.adult')} checked={adult} onChange={setAdult} />
            <Box title={word('welcome.keep')} note={words.consents.find((c) => c.purpose === 'health_data')?.text} checked={consent} onChange={setConsent} />
          </div>
        </>
      ) : <p role="status">{t('core.welcome_offline')}</p>}
    </Screen>
  );
}

function Languages() {
  const change = async (next: Language) => { await speak(next); catalogue.value = undefined; await loadCatalogue(); };
  return (
    <label class="help help--select"><Icon name="globe" /><span class="vh">{t('core.language')}</span>
      <select value={language.value} onChange={(e) => void change(e.currentTarget.value as Language)}>
        {Object.entries(languages).map(([code, name]) => <option key={code} value={code}>{name}</option>)}
      </select>
    </label>
  );
}
