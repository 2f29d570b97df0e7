import { NO_CLUSTER } from '../facts/cluster-facts';
import type { Score } from '../rule';

const MB = 1024 * 1024;
/** What is smaller is there in no time. */
const LEAST = 23 * MB;
/** For each container: what is larger makes no more difference. */
const MOST = 1_000 * MB;

/**
 * Best is the node that has most of what the pod's images weigh (ImageLocality). An image counts by the share of nodes that have it, so that
 * the one node which has a new image does not get all the pods that want it.
 */
export const imageLocality: Score = {
  kind: 'score',
  name: 'ImageLocality',
  scope: 'cluster',
  scale: 'points',
  rate({ images }, { images: there, nodes } = NO_CLUSTER) {
    const found = images
      .map((name) => ({ name, share: there.nodesWith(name) / nodes.length }))
      .filter(({ share }) => share > 0);
    if (found.length === 0) return undefined;
    const most = MOST * images.length;
    return (node) => {
      let sum = 0;
      for (const { name, share } of found) sum += Math.floor((node.images.get(name) ?? 0) * share);
      const weight = Math.min(Math.max(sum, LEAST), most);
      return Math.floor(((weight - LEAST) * 100) / (most - LEAST));
    };
  },
};
