// The way back in, shown this once.
import { useEffect, useState } from 'preact/hooks';
import { get, put } from '../core/db';
import { account } from '../core/session';
import { t } from '../core/words';
import { route } from '../core/way';
import { Icon } from '../components/parts';
import { Screen } from '../components/shell';
import { copy } from '../components/toast';

export default function RecoveryCode() {
  const [code, setCode] = useState<string>();
  useEffect(() => { void get<string>('recovery-code').then((c) => (c ? setCode(c) : route('/app', true))); }, []);
  const done = async () => {
    await put('recovery-code', undefined); // it is shown once, and kept nowhere
    route(account.value?.risks === null ? '/app/health' : '/app', true);
  };
  if (!code) return null;
  return (
    <Screen title={t('core.recovery')} quiet back="/app" help={false}
      foot={<button type="button" class="btn btn--main btn--wide btn--tall" onClick={done}>{t('core.i_have_it')}</button>}>
      <div class="head"><h1>{t('core.way_back')}</h1><p class="second">{t('core.way_back_lead')}</p></div>
      <section class="card" aria-label={t('core.recovery')}>
        <p class="code">{code.split('-').map((part, i) => <span key={i}>{part}</span>)}</p>
        <div class="pair pair--two noprint">
          <button type="button" class="btn" onClick={() => void copy(code)}><Icon name="copy" size="s" />{t('core.copy')}</button>
          <button type="button" class="btn" onClick={() => print()}><Icon name="print" size="s" />{t('core.print')}</button>
        </div>
      </section>
      <ul class="helplist">
        {(['eye', 'key', 'shield'] as const).map((icon, i) => <li key={icon}><Icon name={icon} /><span>{t(`core.way_back_${i + 1}`)}</span></li>)}
      </ul>
    </Screen>
  );
}
