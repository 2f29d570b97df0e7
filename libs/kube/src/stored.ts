import type { ObjectOf } from '@shiplog/contracts';

/** A pod as the journal has accepted it. */
export type StoredPod = ObjectOf<'pods'>;

/** A node as the journal has accepted it. */
export type StoredNode = ObjectOf<'nodes'>;
