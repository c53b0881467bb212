// Opens the questions again with the answers as they are.
import { catalogue } from '../core/catalogue';
import { answered } from '../core/checkin';
import { keepDraft } from '../core/worker';
import type { Report } from '../core/types';
import { route } from '../core/way';

export function useCorrect(report: Report): () => void {
  return () => {
    const answers = answered(catalogue.value?.symptoms ?? [], report as unknown as Record<string, unknown>);
    void keepDraft('check-in', { answers, at: 0, begun: Date.now(), id: report.id, observed_at: report.observed_at }).then(() => route('/app/check-in/questions'));
  };
}
