import { expect, it } from 'vitest';
import { computed, effect, signal } from './signal';

it('runs an effect again when what it read changed, and only then', () => {
  const [a, b] = [signal(1), signal(1)];
  const seen: number[] = [];
  effect(() => { seen.push(a.value); });
  b.value = 2;
  a.value = 2;
  a.value = 2;
  expect(seen).toEqual([1, 2]);
});

it('forgets what an effect no longer reads', () => {
  const [which, a, b] = [signal(true), signal('a'), signal('b')];
  const seen: string[] = [];
  effect(() => { seen.push(which.value ? a.value : b.value); });
  which.value = false;
  a.value = 'x';
  b.value = 'y';
  expect(seen).toEqual(['a', 'b', 'y']);
});

it('makes a computed value only when it is read, and never of two times', () => {
  const n = signal(1);
  let made = 0;
  const twice = computed(() => { made++; return n.value * 2; });
  const four = computed(() => twice.value * 2);
  const seen: string[] = [];
  effect(() => { seen.push(`${n.value} ${four.value}`); });
  n.value = 3;
  expect([seen, made]).toEqual([['1 4', '3 12'], 2]);
  n.value = 4;
  expect(twice.peek()).toBe(8);
});

it('does not listen to what is only looked at', () => {
  const n = signal(1);
  let ran = 0;
  effect(() => { ran += n.peek(); });
  n.value = 5;
  expect(ran).toBe(1);
});
