// What to expect in six to nine months, in the words of the catalogue.
import { catalogue } from '../core/catalogue';
import { lastSession, lengthOf } from '../core/mirror';
import { account } from '../core/session';
import { number, t } from '../core/words';
import { Empty } from '../components/fields';
import { Icon } from '../components/parts';
import { Screen } from '../components/shell';

/** The texts for everybody, and the one on shedding for who uses minoxidil. */
const shown = (key: string): boolean => key.startsWith('expect.') || (key === 'progress.shedding' && account.value?.uses_minoxidil === true);
const icons: Record<string, string> = { 'expect.time': 'clock', 'expect.reminders': 'bell', 'expect.limits': 'eye', 'progress.shedding': 'comb' };

export default function Expect() {
  const known = catalogue.value?.expectations;
  const last = lastSession();
  const mm = lengthOf(last);
  return (
    <Screen title={t('progress.expect')} back="/app/photos" tab="photos">
      {!known && <Empty icon="cloudoff" title={t('progress.expect_offline')} />}
      {known?.texts.filter((x) => shown(x.key)).map((x) => (
        <section key={x.key} class="card" aria-labelledby={x.key}>
          <div class="card__head"><Icon name={icons[x.key] ?? 'book'} /><h2 id={x.key} class="grow">{x.title}</h2></div>
          <p>{x.text}</p>
        </section>
      ))}
      {known && (
        <div class="stack stack--s">
          <h2 id="needle">{t('progress.by_needle')}</h2>
          <div class="scroll-x card" tabIndex={0} role="region" aria-labelledby="needle">
            <table class="table">
              <thead><tr><th scope="col">{t('progress.needle')}</th><th scope="col">{t('progress.sessions')}</th><th scope="col">{t('progress.rollers')}</th></tr></thead>
              <tbody>
                {known.by_needle.map((n) => (
                  <tr key={n.needle_mm}><th scope="row">{t('core.mm', { mm: number(n.needle_mm) })}{n.needle_mm === mm && <span class="tag tag--dusk"><Icon name="roller" />{t('progress.yours')}</span>}</th><td>{number(n.sessions)}</td><td>{number(n.rollers)}</td></tr>
                ))}
              </tbody>
            </table>
          </div>
          <p class="small second">{t('progress.by_needle_note')}</p>
        </div>
      )}
    </Screen>
  );
}
