import { expect, it } from 'vitest';
import { shortNames, smallPair } from './plugins.mjs';

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

it('calls what goes from one script to another by one name in both', async () => {
  const [giving, taking] = await smallPair('let first=Date.now(),other=1;console.log(other);export{first as $}', 'import{$ as taken}from"./i.js";let own=name;console.log(own,own,taken)');
  const [, name] = /export\{(\w+)\}/.exec(giving);
  expect(taking).toMatch(new RegExp(`^import\\{${name}\\}from".*,${name}\\)`));
});
