import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { choose, dayOf, fill, language } from './words';

const root = new URL('../words/', import.meta.url);
const read = (lang: string, area: string): Record<string, string> => JSON.parse(readFileSync(new URL(`${lang}/${area}`, root), 'utf8')) as Record<string, string>;
const langs = readdirSync(root);
const areas = readdirSync(new URL('en/', root));

it.each(langs)('%s has the areas, the keys and the placeholders of English', (lang) => {
  expect(readdirSync(new URL(`${lang}/`, root))).toEqual(areas);
  for (const area of areas) {
    const [en, other] = [read('en', area), read(lang, area)];
    expect(Object.keys(other).sort(), area).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      expect(other[key], `${area} ${key}`).toBeTruthy();
      expect(holes(other[key]!), `${area} ${key}`).toEqual(holes(text));
    }
  }
});

const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();

it('says every key that the sources name', () => {
  const all = new Set(areas.flatMap((a) => Object.keys(read('en', a)).map((k) => `${a.replace('.json', '')}.${k}`)));
  const src = new URL('../', import.meta.url);
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.test.ts'));
  for (const file of files) {
    const code = readFileSync(new URL(file, src), 'utf8');
    for (const [, key] of code.matchAll(/\bt\('([\w.]+)'/g)) expect(all, file).toContain(key);
    for (const [, key] of code.matchAll(/\btn\('([\w.]+)'/g)) expect(all, file).toContain(`${key}_other`);
  }
});

it('fills in what is given and leaves the rest', () => expect(fill('{a} {b}', { a: 1 })).toBe('1 {b}'));

it.each([[['pt-PT'], 'pt-BR'], [['nl', 'fr-CA'], 'fr'], [['zh'], 'en'], [[], 'en']] as const)('chooses for %j %s', (wanted, lang) => expect(choose(wanted)).toBe(lang));

it('names the year of a day where it is not this one', () => {
  language.value = 'de';
  const now = new Date(2026, 0, 2);
  expect([dayOf(new Date(2026, 0, 1), now), dayOf(new Date(2025, 11, 31), now)]).toEqual(['1. Januar', '31. Dezember 2025']);
});
