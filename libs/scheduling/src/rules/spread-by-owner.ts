import type { Score } from '../rule';

/** Best is the node with the fewest pods of the same controller, so that losing a node takes as few of them as can be. */
export const spreadByOwner: Score = {
  kind: 'score',
  name: 'SpreadByOwner',
  // The owner is no part of a pod's class: there are as many as Deployments.
  scope: 'cluster',
  scale: 'fewer',
  rate({ owner }) {
    if (owner === undefined) return undefined;
    return (node) => node.podsOfOwner(owner);
  },
};
