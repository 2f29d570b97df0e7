import type { ContainerImage, PodSpec } from '@shiplog/contracts';

/** Images by each of their names, with the size that each has on a node, in bytes. */
export type ImageSizes = ReadonlyMap<string, number>;

/** On how many nodes images are. */
export interface Images {
  /** How many nodes have an image of this name. */
  nodesWith(name: string): number;
}

/** The same, kept with each node that comes, goes or has other images. */
export class ImageIndex implements Images {
  readonly #nodes = new Map<string, number>();

  nodesWith(name: string): number {
    return this.#nodes.get(name) ?? 0;
  }

  /** A node with these images is there (1), or no longer (-1). */
  count(images: ImageSizes, by: 1 | -1): void {
    for (const name of images.keys()) {
      const nodes = this.nodesWith(name) + by;
      if (nodes === 0) this.#nodes.delete(name);
      else this.#nodes.set(name, nodes);
    }
  }
}

/** Where a rule is asked without a cluster. */
export const NO_IMAGES: Images = new ImageIndex();

/** What a node's status says of its images; worked out once for a list, which nodes that have the same may share. */
export function imageSizesOf(images: readonly ContainerImage[] | undefined): ImageSizes {
  if (images === undefined) return NONE;
  let sizes = sizesOf.get(images);
  if (sizes === undefined) {
    sizes = new Map(images.flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, sizeBytes] as const)));
    sizesOf.set(images, sizes);
  }
  return sizes;
}

const NONE: ImageSizes = new Map();
const sizesOf = new WeakMap<readonly ContainerImage[], ImageSizes>();

/** The images of a pod's containers, those that come first among them, as nodes call them: none is without a tag. */
export function wantedImages({ containers, initContainers = [] }: PodSpec): readonly string[] {
  return [...initContainers, ...containers].flatMap(({ image = '' }) => (image === '' ? [] : [withTag(image)]));
}

/** A colon before the last slash is that of a registry's port. */
function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
