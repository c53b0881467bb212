// How many pictures this phone holds. A file of its own: a screen that sends may not read pictures.
import { photos, type Photo } from '../core/photos';
import { number, t, tn } from '../core/words';
import { Item } from './parts';

/** What pictures weigh, and that they are here alone. */
export const weight = (all: Photo[]): string => t('progress.total', { size: t('progress.mb', { n: number(all.reduce((sum, p) => sum + p.picture.size, 0) / 1_000_000, 1) }) });

export function PhotoTotal() {
  const all = photos.value ?? [];
  if (all.length === 0) return null;
  return <Item icon="photos" title={tn('progress.pictures', all.length)} note={weight(all)} href="/app/photos" />;
}
