// A second phone, or the way back: a recovery code or a pairing code.
import { useState } from 'preact/hooks';
import { api, need, Refused } from '../core/api';
import { deviceName } from '../core/device';
import { put } from '../core/db';
import { problemText } from '../core/problem';
import { begin, session } from '../core/session';
import { sync } from '../core/sync';
import { t } from '../core/words';
import { route } from '../core/way';
import { once } from '../components/focus';
import { Input } from '../components/form';
import { Screen } from '../components/shell';

/** A recovery code is long, a pairing code is short. */
const recoveryLength = 20;

/** The code of the picture on the other phone: behind the #, which is sent to no server, and taken out of the address at once. */
function fromAddress(): string {
  const code = decodeURIComponent(location.hash.slice(1));
  if (code) history.replaceState(null, '', location.pathname);
  return code;
}

export default function SignIn() {
  const [code, setCode] = useState(fromAddress);
  const [error, setError] = useState('');
  const submit = async () => {
    const plain = code.trim();
    if (session.value || !plain) { setError(session.value ? t('core.signed_in') : t('core.code_missing')); return; } // another account would take the place of this one
    try {
      const device = { name: deviceName(), platform: 'web' as const };
      const made = await need(api.POST('/v1/devices', { body: plain.replace(/[\s-]/g, '').length > recoveryLength ? { recovery_code: plain, device } : { pairing_code: plain, device } }));
      await begin(made);
      if (made.recovery_code) await put('recovery-code', made.recovery_code);
      void sync();
      route(made.recovery_code ? '/app/recovery-code' : '/app', true);
    } catch (e) {
      setError(e instanceof Refused && e.status === 401 ? t('core.code_wrong') : problemText(e));
    }
  };
  return (
    <Screen title={t('core.sign_in')} back="/app"
      foot={<button type="submit" form="sign-in" class="btn btn--main btn--wide btn--tall">{t('core.sign_in')}</button>}>
      <p class="second">{t('core.sign_in_lead')}</p>
      <form id="sign-in" class="stack" onSubmit={(e) => { e.preventDefault(); void once('in', submit); }} noValidate>
        <Input label={t('core.code')} help={t('core.code_help')} error={error || undefined} value={code} autocapitalize="characters" spellcheck={false} onInput={(v) => { setCode(v); setError(''); }} />
      </form>
    </Screen>
  );
}
