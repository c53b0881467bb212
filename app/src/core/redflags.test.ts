import { expect, it } from 'vitest';
import { redFlag, withPerson } from './redflags';
import type { Account, RedFlag } from './types';

const flags: RedFlag[] = [
  { rule: 'EM-05', all: [{ field: 'alarm', values: ['breathing_difficulty'] }] },
  { rule: 'EM-03', all: [{ field: 'pain', min: 8 }, { field: 'alarm', values: ['pain_beyond_look'] }] },
  { rule: 'EM-02', all: [{ field: 'temperature_c', below: 36 }, { field: 'systemic', values: ['very_unwell'] }] },
  { rule: 'EM-08', all: [{ field: 'feverish', values: ['yes'] }, { field: 'temperature_c', unknown: true }, { field: 'risks', values: ['diabetes'] }] },
  { rule: 'EM-03', all: [{ field: 'spreading_fast', values: ['true'] }] },
];

it.each([
  [{ alarm: ['breathing_difficulty'] }, 'EM-05'],
  [{ alarm: ['pain_beyond_look'], pain: 8 }, 'EM-03'],
  [{ alarm: ['pain_beyond_look'], pain: 7 }, undefined],
  [{ alarm: ['pain_beyond_look'] }, undefined],
  [{ temperature_c: 35.9, systemic: ['very_unwell'] }, 'EM-02'],
  [{ temperature_c: 36, systemic: ['very_unwell'] }, undefined],
  [{ spreading_fast: true }, 'EM-03'],
  [{ spreading_fast: false }, undefined],
  [{}, undefined],
])('%j raises %s', (answers, rule) => expect(redFlag(answers, flags)).toBe(rule));

it('reads what is known of the person', () => {
  const account = { risks: [{ code: 'diabetes', active: null }], uses_minoxidil: false } as unknown as Account;
  expect(redFlag(withPerson({ feverish: 'yes' }, account), flags)).toBe('EM-08');
  expect(redFlag(withPerson({ feverish: 'yes', temperature_c: 37 }, account), flags)).toBeUndefined();
  expect(redFlag(withPerson({ feverish: 'yes' }, undefined), flags)).toBeUndefined();
});

it('raises nothing without the list', () => expect(redFlag({ alarm: ['chest_pain'] }, undefined)).toBeUndefined());
