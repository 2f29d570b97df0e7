import type { Score } from '../rule';

/** Best is the node with the fewest pods of the same controller, so that losing a node takes as few of them as can be. */
export const spreadByOwner: Score = {
  kind: 'score',
  name: 'SpreadByOwner',
  scale: 'fewer',
  rate({ owner }) {
    if (owner === undefined) return undefined;
    return (node) => node.podsOfOwner(owner);
  },
};
