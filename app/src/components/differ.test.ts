import { expect, it } from 'vitest';
import { differing } from './differ';

it('names what the person wrote differently, not what the server or the way of writing a time made different', () => {
  const ours = { id: 'a', version: 1, observed_at: '2026-11-08T10:00:00.000Z', pain: 3, systemic: ['chills', 'racing_heart'], note: null, assessment: null, areas: ['crown'] };
  const theirs = { id: 'a', version: 2, observed_at: '2026-11-08T10:00:00Z', pain: 5, systemic: ['racing_heart', 'chills'], assessment: { tier: 'watch' }, areas: ['crown', 'back'], itch: 2 };
  expect(differing(ours, theirs)).toEqual(['pain', 'areas']);
});
