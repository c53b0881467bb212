// May I roll? A go-ahead is live or absent: it is never kept, and never shown
// while something waits to be sent.
import { computed, signal } from './signal';
import { api, need, offlineSince } from './api';
import { get, ofPerson, put } from './db';
import { waitingCount } from './outbox';
import type { Rest } from './types';

export interface Live { rest: Rest; at: number }

export const live = ofPerson<Live | undefined>(undefined);
/** The last answer, as long as it says how long to wait. */
export const kept = ofPerson<Live | undefined>(undefined);
export const clock = signal(Date.now());

/** How long an answer counts as one of this moment. */
export const freshFor = 60_000;

export interface View {
  state: 'resting' | 'early' | 'ready' | 'blocked' | 'unknown';
  until?: string | null;
  floor?: string | null;
  from?: string | null;
  rest?: Rest;
  /** The answer is of this moment. */
  asked?: number;
}

/** What home shows, of a live answer, what is kept, and what waits. */
export function view(now: number, answer: Live | undefined, memory: Live | undefined, waits: number, offline: boolean): View {
  if (answer && !offline && waits === 0) {
    const { state, until } = answer.rest;
    const over = state !== 'ready' && until !== null && Date.parse(until) <= now;
    const stale = now - answer.at > freshFor || now < answer.at;
    if (state === 'ready' ? !stale : state === 'blocked' || !over) return { ...said(answer, state), asked: answer.at };
    return { state: 'unknown' };
  }
  const until = memory?.rest.until;
  if (!until || Date.parse(until) <= now) return { state: 'unknown', until };
  const { state, floor_until: floor } = memory.rest;
  const shown = said(memory, state === 'blocked' ? state : floor && Date.parse(floor) <= now ? 'early' : 'resting');
  return waits ? { ...shown, rest: undefined } : shown; // what waits may lift what stood in the way
}

function said({ rest, at }: Live, state: View['state']): View {
  const h = rest.since_last_session_h;
  return { state, until: rest.until, floor: rest.floor_until, from: h === null ? h : new Date(at - h * 3_600_000).toISOString(), rest };
}

export const mayIRoll = computed(() => view(clock.value, live.value, kept.value, waitingCount.value, offlineSince.value !== undefined));

export async function restoreRest(): Promise<void> {
  kept.value = await get<Live>('answer');
}

/** Asks; what was asked before counts no more when this fails. */
export async function ask(): Promise<void> {
  try {
    const rest = await need(api.GET('/v1/rest'));
    clock.value = Date.now();
    live.value = { rest, at: clock.value };
    kept.value = rest.until && Date.parse(rest.until) > clock.value ? live.value : undefined;
    await put('answer', kept.value);
  } catch {
    live.value = undefined;
  }
}
