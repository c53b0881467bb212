// The pictures of the scalp. They stay on this phone: nothing here reaches for
// the network, nothing that does may import this file (photos.test.ts holds it),
// and no picture is judged.
import { effect, signal } from './signal';
import { changed, database, hasStore, tell, type Photo } from './db';
import { newId } from './ids';
import { account as person, session } from './session';

export type { Photo };

/** The five views, in the order in which they are taken. */
export const views = ['top', 'mid', 'front', 'sideL', 'sideR'] as const;
export type View = (typeof views)[number];

export const viewOf = (name: string | undefined): View => views.find((v) => v === name) ?? 'top';

const mine = (): string => session.peek()?.account ?? person.peek()?.id ?? '';

/** This person's pictures, the oldest first; undefined until they were read. */
export const photos = signal<Photo[] | undefined>(undefined);

export async function readPhotos(): Promise<Photo[]> {
  const all = (await (await database()).getAll('photos')).filter((p) => p.account === mine()).sort((a, b) => a.at.localeCompare(b.at));
  const ids = (list: Photo[] | undefined): string | undefined => list?.map((p) => p.id).join();
  if (ids(photos.peek()) !== ids(all)) photos.value = all; // the same pictures keep their addresses
  return photos.peek()!;
}

effect(() => {
  void changed.value;
  void session.value;
  if (hasStore()) void readPhotos();
});

export async function keepPhoto(view: View, picture: Blob, at = new Date()): Promise<Photo> {
  const photo: Photo = { id: newId(at.getTime()), account: mine(), view, at: at.toISOString(), picture };
  await putBack(photo);
  return photo;
}

/** Puts a deleted picture back. */
export async function putBack(photo: Photo): Promise<void> {
  await (await database()).put('photos', photo);
  tell();
}

export async function deletePhoto(id: string): Promise<void> {
  await (await database()).delete('photos', id);
  address.forget(id);
  tell();
}

/** Where an image element finds a picture: an address within this page, made once for each. */
export const address = (() => {
  const known = new Map<string, string>();
  return Object.assign((p: Photo): string => {
    const url = known.get(p.id) ?? URL.createObjectURL(p.picture);
    known.set(p.id, url);
    return url;
  }, {
    forget(id: string): void {
      const url = known.get(id);
      if (url) URL.revokeObjectURL(url);
      known.delete(id);
    },
  });
})();

/** The pictures of a view, the oldest first. */
export const ofView = (all: Photo[], view: View): Photo[] => all.filter((p) => p.view === view);

/** The view to take next: the first one without a picture of that day; undefined when all five are taken. */
export function nextView(all: Photo[], day: Date): View | undefined {
  const taken = new Set(all.filter((p) => new Date(p.at).toDateString() === day.toDateString()).map((p) => p.view));
  return views.find((v) => !taken.has(v));
}

/** Whole days between two pictures, by the calendar. */
export function daysApart(a: string, b: string): number {
  const day = (at: string): number => new Date(at).setHours(12, 0, 0, 0);
  return Math.abs(Math.round((day(b) - day(a)) / 86_400_000));
}

const longest = 1600;
const ratio = 4 / 5;

/** The part of a picture that is kept: 4 to 5, from its middle, and how large it is written. */
export function crop(width: number, height: number): { x: number; y: number; w: number; h: number; outW: number; outH: number } {
  const w = Math.min(width, height * ratio);
  const h = w / ratio;
  const scale = Math.min(1, longest / h);
  return { x: (width - w) / 2, y: (height - h) / 2, w, h, outW: Math.round(w * scale), outH: Math.round(h * scale) };
}

/** Draws what a camera shows or a file holds anew: cut alike, not larger than needed, without the place where it was taken. */
export async function develop(source: HTMLVideoElement | ImageBitmap): Promise<Blob> {
  const [width, height] = source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const c = crop(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = c.outW;
  canvas.height = c.outH;
  canvas.getContext('2d')!.drawImage(source, c.x, c.y, c.w, c.h, 0, 0, c.outW, c.outH);
  return new Promise((done, fail) => canvas.toBlob((b) => (b ? done(b) : fail(new Error('no picture'))), 'image/jpeg', 0.86));
}
