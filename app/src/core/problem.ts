import { Refused, Unreachable } from './api';
import { t } from './words';

/** What went wrong with a call, for the person. */
export const problemText = (e: unknown): string => (e instanceof Unreachable ? t('core.no_network') : e instanceof Refused && e.status === 429 ? t('core.busy') : t('core.failed'));
