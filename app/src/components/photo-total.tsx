// How many pictures this phone holds. A file of its own: a screen that sends may not read pictures.
import { photos } from '../core/photos';
import { number, t, tn } from '../core/words';
import { Item } from './parts';

const megabyte = 1_000_000;

export function PhotoTotal() {
  const all = photos.value ?? [];
  if (all.length === 0) return null;
  const size = all.reduce((sum, p) => sum + p.picture.size, 0);
  const pictures = tn('progress.pictures', all.length);
  return <Item icon="photos" title={pictures} note={t('progress.total', { pictures, size: t('progress.mb', { n: number(size / megabyte, 1) }) })} href="/app/photos" />;
}
