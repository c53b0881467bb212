import { expect, it } from 'vitest';
import { shortNames } from './plugins.mjs';

const short = (...sources) => [...shortNames(sources).keys()];

it('shortens a word that is only ever named as it is', () => {
  expect(shortNames(["t('a.one') + tn('a.two', 2)", "t('a.one')"])).toEqual(new Map([['a.one', '0'], ['a.two', '1']]));
});

it('leaves a word its name that is put together, listed, or kept in the outbox', () => {
  expect(short("t('a.is_here')", 't(`a.is_${state}`)')).toEqual([]);
  expect(short("t('a.here')", "const titles = { x: 'a.here' };")).toEqual([]);
  expect(short("t('a.entry')", "save('rows', row, 'a.entry')")).toEqual([]);
});

it('does not mistake a word of the catalogue for one of ours', () => {
  expect(short("word('home.ready') || t('home.ready')", 'word(`home.${x}`)')).toEqual(['home.ready']);
});
