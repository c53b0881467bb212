// Sensitive calls need a sign-in of the last minutes, or a proof.
import { api, need, Refused } from './api';

/** Whether the server asks for a proof first. */
export const asksProof = (e: unknown): boolean => e instanceof Refused && e.code === 'step-up-required';

const recoveryLength = 20;

/** A recovery code or a password; false where it was wrong. */
export async function prove(secret: string, password: boolean): Promise<boolean> {
  const plain = secret.trim();
  const isCode = !password || /^[\w-]+$/.test(plain) && plain.replace(/[\s-]/g, '').length > recoveryLength && plain === plain.toUpperCase();
  try {
    await need(api.POST('/v1/devices/current/confirm', { body: isCode ? { recovery_code: plain } : { password: plain } }));
    return true;
  } catch (e) {
    if (e instanceof Refused && (e.status === 401 || e.status === 422)) return false;
    throw e;
  }
}
