/** An image that the engine keeps, and what this kubelet knows of its use; times in epoch milliseconds. */
export interface KeptImage {
  readonly id: string;
  readonly sizeBytes: number;
  readonly firstSeen: number;
  /** 0: never, as far as is known. */
  readonly lastUsed: number;
}

export interface DiskSpace {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

/** How full the disk may be, in percent: from `high` on images go until it is `low`. */
export interface ImageThresholds {
  readonly high: number;
  readonly low: number;
}

export interface Garbage {
  /** In the order in which they are to go. */
  readonly images: readonly KeptImage[];
  /** What is to be freed. */
  readonly wantedBytes: number;
}

/** Kubernetes' imageMinimumGCAge. */
const LEAST_AGE_MS = 120_000;

/**
 * Which images may go, and how much of them has to (pkg/kubelet/images/image_gc_manager.go). Undefined while there is room.
 */
export function decideGarbage(
  images: readonly KeptImage[],
  { capacityBytes, availableBytes }: DiskSpace,
  { high, low }: ImageThresholds,
  now: number,
): Garbage | undefined {
  if (capacityBytes <= 0 || high >= 100) return undefined;
  const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes);
  if (usedPercent < high) return undefined;
  const wantedBytes = Math.floor((capacityBytes * (100 - low)) / 100) - availableBytes;
  return { images: unusedImages(images, now), wantedBytes };
}

/** The one that was not used for longest first, none that is used or has just come. */
export function unusedImages(images: readonly KeptImage[], now: number): KeptImage[] {
  const unused = images.filter(({ lastUsed, firstSeen }) => lastUsed < now && now - firstSeen >= LEAST_AGE_MS);
  return unused.sort((a, b) => a.lastUsed - b.lastUsed || a.firstSeen - b.firstSeen);
}
