import { expect, it } from 'vitest';
import { corrected, degrees, temperature, type Question } from './checkin';
import { language } from './words';

const all = ['erythema', 'extent', 'feverish', 'temperature_c', 'pain', 'products', 'seen_by_clinician'].map((field) => ({ field, name: '', question: '', help: '', values: [] }) as Question);
const old = { id: 'r', note: 'tight', products: [{ kind: 'oil' }], seen_by_clinician: true, erythema: 2, extent: 'beyond', feverish: 'no', temperature_c: 37.1, pain: 3 };

it('keeps what the questions do not ask when a report is corrected', () => {
  expect(corrected(all, old, { erythema: 1, extent: 'beyond', feverish: 'no', pain: 1 })).toEqual({ ...old, erythema: 1, pain: 1 });
});

it('takes back what is no longer said, and what no longer applies', () => {
  expect(corrected(all, old, { erythema: 0, extent: 'beyond', feverish: 'yes' })).toEqual({ ...old, erythema: 0, extent: null, feverish: 'yes', temperature_c: null, pain: null });
});

it('shows a temperature with the decimal sign of the language, and reads it back', () => {
  language.value = 'de';
  expect([degrees(37.7), degrees(377), degrees(undefined), temperature(degrees(37.7))]).toEqual(['37,7', '377', '', 37.7]);
});
