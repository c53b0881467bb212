import { expect, it } from 'vitest';
import { settledTags } from './push';
import type { Reminder, Warning } from './types';

it('clears the notification of what was answered, and leaves what is open', () => {
  const reminders = [['due', 'a'], ['sent', 'b'], ['acknowledged', 'c'], ['snoozed', 'd'], ['expired', 'e'], ['cancelled', 'f'], ['held', 'g']].map(([state, id]) => ({ id, state }) as Reminder);
  const warnings = [['active', 'w'], ['acknowledged', 'x'], ['resolved', 'y'], ['superseded', 'z']].map(([state, id]) => ({ id, state }) as Warning);
  expect([...settledTags(reminders, warnings)]).toEqual(['c', 'd', 'e', 'f', 'x', 'y', 'z']);
});
