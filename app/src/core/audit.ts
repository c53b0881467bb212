// What happened to the account, in words.
import { api, need } from './api';
import { t } from './words';
import type { AuditEvent } from './types';

export type { AuditEvent };

const words: Record<string, string> = {
  sign_up: 'sign_up', sign_in: 'sign_in', sign_out: 'sign_out', export: 'export', email_changed: 'email', password_changed: 'password', recovery_code_changed: 'recovery',
  doctor_report_made: 'report_made', doctor_report_opened: 'report_opened', doctor_report_ended: 'report_ended', calendar_made: 'calendar_on', calendar_ended: 'calendar_off',
};

/** An event of a newer server is shown by its own name. */
export function eventText(e: Pick<AuditEvent, 'event'>): string {
  const [name, purpose] = e.event.split('.') as [string, string?];
  if (name === 'consent_granted') return t('data.ev_granted', { what: t(`data.for_${purpose}`) });
  if (name === 'consent_withdrawn') return t('data.ev_taken', { what: t(`data.for_${purpose}`) });
  return words[name] ? t(`data.ev_${words[name]}`) : e.event;
}

/** The latest; nothing where it cannot be asked. */
export async function readAudit(): Promise<AuditEvent[]> {
  try {
    return (await need(api.GET('/v1/account/audit', { params: { query: { limit: 50 } } }))).items;
  } catch {
    return [];
  }
}
