/** Megabytes: of the space for new objects, of which there are three, and of the heap at most. */
export interface HeapSizes {
  readonly young: number;
  readonly most: number;
}

/** Many short-lived objects a second: requests, events. The state of some hundred thousand objects has room. */
const MASTER: HeapSizes = { young: 8, most: 1_536 };
/**
 * All that waits for a commit is young: in less space, most of it would be moved to the old, to be garbage there a moment
 * later. A seventh of the journal's processor time.
 */
const JOURNAL: HeapSizes = { ...MASTER, young: 32 };
/** Work at the rate of the changes that concern them. */
const DECIDER: HeapSizes = { young: 4, most: 1_024 };
/** Know their node's objects only. */
const AGENT: HeapSizes = { young: 2, most: 512 };

/** A node takes half a megabyte, and its pods as much again. */
export function hollowHeap(nodes: number): HeapSizes {
  return { young: 16, most: 512 + nodes };
}

const SIZES: Readonly<Record<string, HeapSizes>> = {
  journal: JOURNAL,
  api: MASTER,
  scheduler: DECIDER,
  controller: DECIDER,
};

/**
 * How Node runs a service. By itself it takes a heap of gigabytes for granted and lets it grow fourfold between
 * collections; on one machine with all of them, that is the larger part of what they use.
 */
export function nodeFlags(service: string, { young, most } = SIZES[service] ?? AGENT): string[] {
  return [`--max-semi-space-size=${young}`, `--max-old-space-size=${most}`];
}
