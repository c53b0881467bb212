import { expect, test } from 'vitest';
import { match } from './way';

test('a path gives what its pattern names', () => {
  expect(match('/app', '/app/')).toEqual({});
  expect(match('/app/rollers/:id', '/app/rollers/a%20b')).toEqual({ id: 'a b' });
  expect(match('/app/history/entries/:collection/:id', '/app/history/entries/reports/r-1')).toEqual({ collection: 'reports', id: 'r-1' });
});

test('a path of another length, or of another name, is another one', () => {
  for (const path of ['/app/rollers', '/app/rollers/a/b', '/app/roller/a', '/app/rollers/']) expect(match('/app/rollers/:id', path)).toBeUndefined();
});
