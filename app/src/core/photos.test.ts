import 'fake-indexeddb/auto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { forget } from './db';
import { entries } from './outbox';
import { crop, daysApart, deletePhoto, keepPhoto, nextView, putBack, readPhotos } from './photos';
import { session } from './session';

const picture = (size = 3): Blob => new Blob([new Uint8Array(size)], { type: 'image/jpeg' });
const as = (account: string): void => { session.value = { token: 't', account, device: 'd' }; };

beforeEach(async () => { await forget(true); as('anna'); });

const src = new URL('../', import.meta.url);
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.test.ts'));
const read = (file: string): string => readFileSync(new URL(file, src), 'utf8');

it('has no way to the network: what holds pictures imports nothing that sends, and nothing that sends imports it', () => {
  const imports = (file: string): string[] => [...read(file).matchAll(/from '\.\.?\/(?:core\/)?([\w.-]+)'/g)].map((m) => m[1]!);
  expect(imports('core/photos.ts').sort()).toEqual(['db', 'ids', 'session', 'signal']);
  expect(read('core/photos.ts')).not.toMatch(/\b(fetch|XMLHttpRequest|sendBeacon|WebSocket|FormData)\b/);
  for (const f of sources.filter((x) => imports(x).includes('photos'))) expect(read(f), f).not.toMatch(/\b(fetch|XMLHttpRequest|sendBeacon|WebSocket|FormData|send)\b/);
});

it('puts nothing into the outbox', async () => {
  const p = await keepPhoto('top', picture());
  await deletePhoto(p.id);
  expect(entries.value).toEqual([]);
});

it('keeps what is taken, deletes, and puts back', async () => {
  const p = await keepPhoto('top', picture(10));
  await keepPhoto('front', picture(5));
  expect((await readPhotos()).map((x) => x.picture.size).sort((a, b) => a - b)).toEqual([5, 10]);
  await deletePhoto(p.id);
  expect((await readPhotos()).map((x) => x.view)).toEqual(['front']);
  await putBack(p);
  expect(await readPhotos()).toHaveLength(2);
});

it('shows nobody the pictures of another account, and forgets them when all is to go', async () => {
  await keepPhoto('top', picture());
  as('bert');
  expect(await readPhotos()).toEqual([]);
  await forget(false);
  as('anna');
  expect(await readPhotos()).toHaveLength(1);
  await forget(true);
  expect(await readPhotos()).toEqual([]);
});

it('asks for the views that have no picture of the day', async () => {
  const day = new Date(2026, 10, 7, 9);
  await keepPhoto('top', picture(), new Date(2026, 10, 6, 9));
  expect(nextView(await readPhotos(), day)).toBe('top');
  for (const v of ['top', 'mid', 'front', 'sideL'] as const) await keepPhoto(v, picture(), day);
  expect(nextView(await readPhotos(), day)).toBe('sideR');
  await keepPhoto('sideR', picture(), day);
  expect(nextView(await readPhotos(), day)).toBeUndefined();
});

it('counts days by the calendar, also over a change of the clock', () => {
  expect(daysApart(new Date(2026, 9, 24, 23).toISOString(), new Date(2026, 9, 26, 1).toISOString())).toBe(2);
  expect(daysApart(new Date(2026, 7, 5, 8).toISOString(), new Date(2026, 10, 7, 20).toISOString())).toBe(94);
});

it.each([
  [1920, 1080, { x: 528, y: 0, w: 864, h: 1080, outW: 864, outH: 1080 }],
  [3000, 4000, { x: 0, y: 125, w: 3000, h: 3750, outW: 1280, outH: 1600 }],
])('cuts %d by %d to 4 by 5 from its middle', (w, h, want) => expect(crop(w, h)).toEqual(want));
