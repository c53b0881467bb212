import { beforeEach, expect, it } from 'vitest';
import { catalogue } from './catalogue';
import { language } from './words';
import { percent, scaleName } from './progress';
import type { Catalogue } from './types';

beforeEach(() => {
  language.value = 'de'; // English asks the browser which English
  catalogue.value = { progress: [{ field: 'norwood', name: 'Norwood', values: [{ value: '3', label: 'III: deep at the temples' }] }, { field: 'salt', name: 'SALT', values: [] }] } as unknown as Catalogue;
});

it.each([['20', 20], ['12,5 %', 12.5], ['0', 0], ['100%', 100], ['', undefined], ['101', null], ['-1', null], ['a', null]])('reads a share of %j', (typed, want) => expect(percent(typed)).toBe(want));

it.each([
  [{ scale: 'norwood', value: 3 }, 'Norwood III: deep at the temples'], [{ scale: 'salt', value: 20 }, 'SALT 20 %'], [{ scale: 'norwood', value: 9 }, 'Norwood 9'], [{ scale: null, value: null }, ''],
] as const)('names %j', (note, want) => expect(scaleName(note)).toBe(want));
