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

it.each(langs)('%s has one kind of apostrophe', (lang) => {
  for (const area of areas) expect(Object.values(read(lang, area)).filter((text) => text.includes("'")), area).toEqual([]);
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

const catalogue = Object.entries(JSON.parse(readFileSync(new URL('../../../models/texts/locales/en.json', import.meta.url), 'utf8')) as Record<string, string>)
  .flatMap(([key, text]) => (key.startsWith('word.') ? [[key.slice('word.'.length), text] as const] : []));
const sources = readdirSync(new URL('../', import.meta.url), { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f) && !/\.test\.ts$|^api\//.test(f))
  .map((f) => readFileSync(new URL(`../${f}`, import.meta.url), 'utf8')).join('\n');
const schema = readFileSync(new URL('../api/schema.d.ts', import.meta.url), 'utf8');
/** What the sources name, and what they put together of a part that stands there, is a value of the API, or a number. */
const quoted = new Set([...sources.matchAll(/'([\w.-]+)'/g), ...sources.matchAll(/\b(\w+):/g), ...schema.matchAll(/"([\w-]+)"/g)].map((m) => m[1]!));
const built = [...sources.matchAll(/`([a-z]+\.(?:[\w.]|\$\{[^}]*\})*)`/g)].map((m) => new RegExp(`^${m[1]!.replace(/\./g, '\\.').replace(/\$\{[^}]*\}/g, '([\\w-]+)')}$`));
const part = (text: string): boolean => quoted.has(text) || /^(AC-)?\d+$/.test(text);
const named = (key: string): boolean => quoted.has(key) || built.some((b) => b.exec(key)?.slice(1).every(part));

it('has no word that nobody uses', () => {
  const own = areas.flatMap((a) => Object.keys(read('en', a)).map((k) => `${a.replace('.json', '')}.${k}`));
  expect(own.filter((k) => !named(k) && !named(k.replace(/_(one|other|many)$/, '')))).toEqual([]);
});

it('uses every word of the catalogue, and none that it lacks', () => {
  expect(catalogue.map(([k]) => k).filter((k) => !named(k) && !named(k.replace(/\.(one|other)$/, '')))).toEqual([]);
  const there = new Set(catalogue.map(([k]) => k));
  expect([...sources.matchAll(/\bword\('([\w.-]+)'/g)].map((m) => m[1]!).filter((k) => !there.has(k))).toEqual([]);
});

it('says nothing that the catalogue says', () => {
  const plain = (text: string): string => text.replace(/\{\w+\}/g, '{}');
  const theirs = new Map(catalogue.map(([key, text]) => [plain(text), key]));
  const own = areas.flatMap((a) => Object.entries(read('en', a)).map(([k, text]) => [`${a} ${k}`, theirs.get(plain(text))]));
  expect(own.filter(([, key]) => key)).toEqual([]);
});

it('fills in what is given and leaves the rest', () => expect(fill('{a} {b}', { a: 1 })).toBe('1 {b}'));

it.each([[['pt-PT'], 'pt-BR'], [['nl', 'fr-CA'], 'fr'], [['zh'], 'en'], [[], 'en']] as const)('chooses for %j %s', (wanted, lang) => expect(choose(wanted)).toBe(lang));

it('names the year of a day where it is not this one', () => {
  language.value = 'de';
  const now = new Date(2026, 0, 2);
  expect([dayOf(new Date(2026, 0, 1), now), dayOf(new Date(2025, 11, 31), now)]).toEqual(['1. Januar', '31. Dezember 2025']);
});
