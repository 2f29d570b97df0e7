/** An image that the engine keeps, under all its names. */
export interface ListedImage {
  readonly id: string;
  readonly sizeBytes: number;
  /** By digest and by tag. */
  readonly names: readonly string[];
}

/** As a Node's status tells of it. */
export interface NodeImage {
  readonly names: string[];
  /** An image of nothing has none: that is how it is stored. */
  readonly sizeBytes?: number;
}

/** Kubernetes' nodeStatusMaxImages, and MaxNamesPerImageInNodeStatus. */
const MOST_IMAGES = 50;
const MOST_NAMES = 5;

/** The images that a Node's status names: the largest first. One without a name is of no use to who wants to run it. */
export function renderImages(images: readonly ListedImage[]): NodeImage[] {
  return images
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_IMAGES)
    .map(({ names, sizeBytes }) => ({ names: names.slice(0, MOST_NAMES), ...(sizeBytes > 0 && { sizeBytes }) }));
}
