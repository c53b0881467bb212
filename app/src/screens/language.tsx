// The language, where the person lives (for the numbers to call), the time zone.
import { useEffect } from 'preact/hooks';
import { readAccount, set, type Settings } from '../core/account';
import { adviceNumber, catalogue, emergencyNumber, loadCatalogue } from '../core/catalogue';
import { timeZone } from '../core/device';
import { pullAll } from '../core/mirror';
import { account, session } from '../core/session';
import { language, languages, speak, t, tag, type Language } from '../core/words';
import { Choice, Field } from '../components/fields';
import { Icon } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';

async function save(next: Settings): Promise<void> {
  say(t('more.saved'), await set(next));
}

/** The words of the app change at once, those of the server's rows when there is a connection. */
async function change(next: Language): Promise<void> {
  await speak(next);
  await loadCatalogue();
  if (!session.peek()) return;
  await set({ locale: next });
  await pullAll().catch(() => undefined);
}

/** Countries by their names in the language, in its order. */
function places(codes: string[]): { code: string; name: string }[] {
  const names = new Intl.DisplayNames(tag(), { type: 'region' });
  const order = new Intl.Collator(tag());
  return [...new Set(codes)].map((code) => ({ code, name: names.of(code) ?? code })).sort((a, b) => order.compare(a.name, b.name));
}

export default function Place() {
  useEffect(() => { void readAccount(); }, []);
  const person = account.value;
  const [emergency, advice] = [emergencyNumber(), adviceNumber()];
  const zones = Intl.supportedValuesOf('timeZone');
  const zone = person?.time_zone ?? timeZone();
  return (
    <Screen title={t('more.language_place')} back="/app/more" tab="more">
      <Banner />
      <Choice name="language" legend={t('core.language')} value={language.value} onChange={(v) => void change(v as Language)}
        options={Object.entries(languages).map(([value, title]) => ({ value, title }))} />
      {person && (
        <>
          <section class="card">
            <Field label={t('more.place')} help={t('more.place_help')}>
              {(p) => (
                <select {...p} value={person.region ?? ''} onChange={(e) => void save({ region: e.currentTarget.value || null })}>
                  <option value="">{t('more.place_none')}</option>
                  {places([...Object.keys(catalogue.value?.emergency ?? {}), ...(person.region ? [person.region] : [])]).map((x) => <option key={x.code} value={x.code}>{x.name}</option>)}
                </select>
              )}
            </Field>
            <p class="row small"><Icon name="phone" size="s" /><span>{emergency ? t('more.numbers', { emergency, advice: advice ?? '–' }) : t('more.numbers_none')}</span></p>
          </section>
          <section class="card">
            <Field label={t('more.zone')} help={t('more.zone_help')}>
              {(p) => (
                <select {...p} value={zone} onChange={(e) => void save({ time_zone: e.currentTarget.value })}>
                  {(zones.includes(zone) ? zones : [zone, ...zones]).map((z) => <option key={z} value={z}>{z.replace(/_/g, ' ')}</option>)}
                </select>
              )}
            </Field>
            {zone !== timeZone() && <button type="button" class="btn" onClick={() => void save({ time_zone: timeZone() })}>{t('more.zone_here', { zone: timeZone().replace(/_/g, ' ') })}</button>}
          </section>
        </>
      )}
    </Screen>
  );
}
