import { createHash } from 'node:crypto';
import type { ListedImage } from '../../images/domain/node-images';
import type { ImageFacts } from '../runtime';

const IMAGE_BYTES = 1_000;

/** An image that comes from nowhere: its name decides what it is. */
export function imageNamed(reference: string): ImageFacts {
  const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`;
  return { id, digests: [], user: '', sizeBytes: IMAGE_BYTES };
}

/** Images by their names, each once with all names that it has. */
export function listed(images: ReadonlyMap<string, ImageFacts>): ListedImage[] {
  const all = [...images];
  const namesOf = (id: string): string[] => all.flatMap(([name, image]) => (image.id === id ? [name] : []));
  const distinct = new Map(all.map(([, image]) => [image.id, image])).values();
  return [...distinct].map(({ id, sizeBytes }) => ({ id, sizeBytes, names: namesOf(id) }));
}
