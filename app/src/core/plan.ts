// The cycle day by day, as the server says it; the last answer serves offline.
import { api, need } from './api';
import { get, ofPerson, put } from './db';
import { session } from './session';
import type { Plan } from './types';

export interface KeptPlan { plan: Plan; at: string }

/** The last answer, and when it came; live is false for one that is only kept. */
export const plan = ofPerson<(KeptPlan & { live: boolean }) | undefined>(undefined);

export async function restorePlan(): Promise<void> {
  const kept = await get<KeptPlan>('plan');
  plan.value = kept?.plan && { ...kept, live: false };
}

/** Asks for the plan; the last answer serves until it is there. */
export async function readPlan(): Promise<void> {
  if (!session.peek()) return;
  try {
    const answer: KeptPlan = { plan: await need(api.GET('/v1/plan')), at: new Date().toISOString() };
    plan.value = { ...answer, live: true };
    await put('plan', answer);
  } catch {
    if (plan.value) plan.value = { ...plan.value, live: false };
  }
}
