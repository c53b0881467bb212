// The words about health: live from the server, kept by language for offline.
import { effect, signal } from './signal';
import { call } from './api';
import { get, put } from './db';
import { account } from './session';
import { fill, language, t } from './words';
import type { Catalogue, Tier } from './types';

export const catalogue = signal<Catalogue | undefined>(undefined);

interface KeptCatalogue { etag: string | null; body: Catalogue }

/** Shows the kept one at once, then asks for a newer; at the door it asks at once, for nothing is kept yet. */
export async function loadCatalogue(atOnce = false): Promise<void> {
  const lang = language.peek();
  const kept = atOnce ? undefined : await get<KeptCatalogue>(`catalogue:${lang}`);
  if (kept) catalogue.value = kept.body;
  const refreshed = refresh(lang, kept).catch(() => atOnce ? loadCatalogue() : undefined); // the kept one serves
  if (!kept) await refreshed;
}

/** Where the person lives: its sentences name the numbers to call there. */
const place = (): string => account.value?.region ?? '';
let askedFor = '';

effect(() => { if (place() !== askedFor && catalogue.peek()) void loadCatalogue(); });

async function refresh(lang: string, kept?: KeptCatalogue): Promise<void> {
  askedFor = place();
  const answer = await call(`/v1/catalogue${askedFor && `?region=${askedFor}`}`, kept?.etag ? { headers: { 'If-None-Match': kept.etag } } : {});
  if (answer.status !== 200) return;
  const body = (await answer.json()) as Catalogue;
  if (language.peek() !== lang) return;
  catalogue.value = body;
  void Promise.all([
    put(`catalogue:${lang}`, { etag: answer.headers.get('ETag'), body }),
    put('action-words', Object.fromEntries(body.actions.map((a) => [a.value, a.label]))), // for the buttons of pushes
  ]).catch(() => undefined); // it shows all the same
}

/** A word about health by its key; empty where the server has none (yet). */
export function word(key: string, values?: Record<string, string | number>): string {
  return fill(catalogue.value?.words?.[key] ?? '', values);
}

/** The key of a word that goes by a number. */
export const counted = (key: string, n: number): string => `${key}.${new Intl.PluralRules(language.value).select(n) === 'one' ? 'one' : 'other'}`;

type Labels = 'areas' | 'problems' | 'products' | 'actions' | 'answers' | 'kinds' | 'risk_groups' | 'reasons';

export function label(kind: Labels, value: string): string {
  return catalogue.value?.[kind].find((l) => l.value === value)?.label ?? value;
}

/** The word for a state that the API answers, such as "To come" of a step. */
export function stateWord(kind: keyof Catalogue['states'], value: string): string {
  return catalogue.value?.states[kind].find((l) => l.value === value)?.label ?? '';
}

export function tierText(tier: Tier): { title: string; what: string } {
  const found = catalogue.value?.tiers.find((x) => x.tier === tier);
  return { title: found?.title ?? '', what: found?.what_to_do ?? '' };
}

/** Whom to call where the person lives; undefined where no region is known. */
export function emergencyNumber(): string | undefined {
  const region = account.value?.region;
  return region ? catalogue.value?.emergency[region] : undefined;
}

export function adviceNumber(): string | undefined {
  const region = account.value?.region;
  return region ? catalogue.value?.advice[region] : undefined;
}

/** What the button to call for help says. */
export const callWord = (n: string | undefined): string => (n ? t('core.call', { number: n }) : t('core.call_local'));
