// The words of the app itself, by language, and dates and numbers in the
// person's own way. Words about health are not here: they come from the
// catalogue, unchanged.
import { signal } from './signal';
import { local } from './local';
import en from '../../.words/en.json?url';
import de from '../../.words/de.json?url';
import es from '../../.words/es.json?url';
import fr from '../../.words/fr.json?url';
import ptBR from '../../.words/pt-BR.json?url';

export const languages = { en: 'English', de: 'Deutsch', es: 'Español', fr: 'Français', 'pt-BR': 'Português (Brasil)' } as const;
export type Language = keyof typeof languages;
const files: Record<Language, string> = { en, de, es, fr, 'pt-BR': ptBR };

/** The best of our languages for those that a browser names. */
export function choose(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    const found = (Object.keys(files) as Language[]).find((l) => l.toLowerCase() === tag.toLowerCase() || l.split('-')[0] === base);
    if (found) return found;
  }
  return 'en';
}

/** The one that was chosen, else the browser's: known before anything is read. */
export const language = signal<Language>((local.language as Language | undefined) ?? choose(globalThis.navigator?.languages ?? []));
const words = signal<Record<string, string>>({});

export async function speak(next?: Language): Promise<void> {
  const chosen = next ?? language.peek();
  const answer = await fetch(files[chosen]);
  if (!answer.ok) throw new Error(`words: ${answer.status}`);
  words.value = (await answer.json()) as Record<string, string>;
  language.value = chosen;
  document.documentElement.lang = chosen;
  if (next) local.language = next;
}

type Values = Record<string, string | number>;

/** The word with a key such as home.title; {name} is replaced. */
export function t(key: string, values?: Values): string {
  return fill(words.value[key] ?? key, values);
}

/** One of key_one, key_other and so on, by the number n. */
export function tn(key: string, n: number, values?: Values): string {
  const form = new Intl.PluralRules(language.value).select(n);
  const text = words.value[`${key}_${form}`] ?? words.value[`${key}_other`] ?? key;
  return fill(text, { n: number(n), ...values });
}

export function fill(text: string, values?: Values): string {
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all)) : text;
}

/** The tag for Intl: British English has the dates that most of the world reads. */
export const tag = (): string => (language.value === 'en' ? (navigator.languages.find((l) => l.startsWith('en-')) ?? 'en-GB') : language.value);

export function number(n: number, digits = 2): string {
  return new Intl.NumberFormat(tag(), { maximumFractionDigits: digits }).format(n);
}

const styles = {
  day: { weekday: 'long', day: 'numeric', month: 'long' },
  short: { day: 'numeric', month: 'short' },
  time: { hour: '2-digit', minute: '2-digit' },
  weekday: { weekday: 'long' },
  wday: { weekday: 'short' },
  month: { month: 'short' },
  months: { month: 'long', year: 'numeric' },
  near: { weekday: 'short', hour: '2-digit', minute: '2-digit' },
  dayMonth: { day: 'numeric', month: 'long' },
  date: { day: 'numeric', month: 'long', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** The first number and the first date take a slow phone a tenth of a second; home shows both. */
export const warm = (): string => number(0.5) + date(new Date(), 'day');

export function date(at: string | Date, style: keyof typeof styles): string {
  return new Intl.DateTimeFormat(tag(), styles[style]).format(new Date(at));
}

/** A day and the hour on it. */
export const dateTime = (at: string | Date, style: keyof typeof styles = 'day'): string => `${date(at, style)}, ${date(at, 'time')}`;

/** A day without its weekday; with the year where it is not this one. */
export function dayOf(at: string | Date, now = new Date()): string {
  return date(at, new Date(at).getFullYear() === now.getFullYear() ? 'dayMonth' : 'date');
}

export function list(items: string[]): string {
  return new Intl.ListFormat(tag(), { type: 'conjunction' }).format(items);
}
