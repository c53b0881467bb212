// May I roll? A go-ahead is live or absent: it is never kept, and never shown
// while something waits to be sent.
import { computed, signal } from './signal';
import { api, need, offlineSince } from './api';
import { get, put } from './db';
import { waitingCount } from './outbox';
import type { Rest } from './types';

export interface Live { rest: Rest; at: number }
/** What may be kept of an answer: how long to wait, and that something else stood in the way. */
export interface Kept { until: string; floor_until: string | null; since: string | null; blocked?: boolean }

export const live = signal<Live | undefined>(undefined);
export const kept = signal<Kept | undefined>(undefined);
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
export function view(now: number, answer: Live | undefined, memory: Kept | undefined, waits: number, offline: boolean): View {
  if (answer && !offline && waits === 0) {
    const { rest } = answer;
    const from = since(rest, answer.at);
    const over = rest.state !== 'ready' && rest.until !== null && Date.parse(rest.until) <= now;
    const stale = now - answer.at > freshFor || now < answer.at;
    if (rest.state === 'ready' ? !stale : rest.state === 'blocked' || !over) {
      return { state: rest.state, until: rest.until, floor: rest.floor_until, from, rest, asked: answer.at };
    }
    return { state: 'unknown' };
  }
  if (memory && Date.parse(memory.until) > now) {
    if (memory.blocked) return { state: 'blocked', until: memory.until };
    const early = memory.floor_until !== null && Date.parse(memory.floor_until) <= now;
    return { state: early ? 'early' : 'resting', until: memory.until, floor: memory.floor_until, from: memory.since };
  }
  return { state: 'unknown', until: memory?.until };
}

function since(rest: Rest, at: number): string | null {
  return rest.since_last_session_h === null ? null : new Date(at - rest.since_last_session_h * 3_600_000).toISOString();
}

export const mayIRoll = computed(() => view(clock.value, live.value, kept.value, waitingCount.value, offlineSince.value !== undefined));

export async function restoreRest(): Promise<void> {
  kept.value = await get<Kept>('rest');
}

/** Asks; what was asked before counts no more when this fails. */
export async function ask(): Promise<void> {
  try {
    const rest = await need(api.GET('/v1/rest'));
    clock.value = Date.now();
    live.value = { rest, at: clock.value };
    kept.value = rest.until && Date.parse(rest.until) > clock.value ? { until: rest.until, floor_until: rest.floor_until, since: since(rest, clock.value), blocked: rest.state === 'blocked' } : undefined;
    await put('rest', kept.value);
  } catch {
    live.value = undefined;
  }
}
