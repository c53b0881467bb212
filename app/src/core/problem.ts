import { Refused, Unreachable } from './api';
import { t } from './words';

/** What went wrong with a call, for the person. */
export const problemText = (e: unknown, offline = t('core.no_network')): string => (e instanceof Unreachable ? offline : e instanceof Refused && e.status === 429 ? t('core.busy') : t('core.failed'));
