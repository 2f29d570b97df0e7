import type { ExcerptOf } from '@shiplog/contracts';

/** A node as far as the ways to its pods go: all that is heard of one. */
export type Node = ExcerptOf<'routes'>;
