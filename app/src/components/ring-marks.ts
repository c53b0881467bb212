// Where the marks of the ring stand, on a path that is 1000 long.
import { skin } from './head';

export const day = 86_400_000;
const gap = 31.2;

/** One mark a day, one a week when there are more than 28: whole ones passed, and part of the present one. */
export function marks(from: number, until: number, now: number): { all: string; done: string; offset: number } {
  const days = Math.max(1, Math.round((until - from) / day));
  const n = days > 28 ? Math.ceil(days / 7) : days;
  const space = n > 14 ? Math.min(gap, 400 / n) : gap;
  const mark = 1000 / n - space;
  const passed = Math.min(n, Math.max(0, ((now - from) / (until - from)) * n));
  const whole = Math.floor(passed);
  const part = (passed - whole) * mark;
  const dashes = Array.from({ length: whole }, () => `${r(mark)} ${r(space)}`);
  if (part > 0.5) dashes.push(`${r(part)} 2000`);
  else if (dashes.length) dashes[dashes.length - 1] = `${r(mark)} 2000`;
  return { all: `${r(mark)} ${r(space)}`, done: dashes.join(' '), offset: r(-space / 2) };
}

const r = (x: number): number => Math.round(x * 100) / 100;

/** A short stroke across the rim at a part of the way, and where its date stands. */
export function place(part: number): { line: string; x: number; y: number; anchor: 'start' | 'middle' | 'end' } | undefined {
  if (typeof document === 'undefined' || !(part > 0 && part < 1)) return undefined;
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', skin);
  const length = path.getTotalLength();
  const at = path.getPointAtLength(length * part);
  const next = path.getPointAtLength(Math.min(length, length * part + 1));
  const [dx, dy] = [next.x - at.x, next.y - at.y];
  const size = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [dy / size, -dx / size]; // outward: the path runs clockwise
  const x = at.x + nx * 26;
  const y = at.y + ny * 26 + (ny > 0.5 ? 9 : 4);
  const anchor = Math.abs(nx) < 0.5 ? 'middle' : nx < 0 ? 'end' : 'start';
  return { line: `M${r(at.x + nx * 11)} ${r(at.y + ny * 11)} ${r(at.x + nx * 20)} ${r(at.y + ny * 20)}`, x: r(x), y: r(y), anchor };
}
