import { tolerated } from '@shiplog/kube';
import type { Score } from '../../rule';

/** Best is the node with the fewest PreferNoSchedule taints that the pod doesn't tolerate (TaintToleration's score). */
export const preferUntainted: Score = {
  kind: 'score',
  name: 'PreferUntainted',
  scale: 'fewer',
  rate({ pod }) {
    const tolerations = pod.spec?.tolerations;
    return (node) => {
      let repelling = 0;
      for (const taint of node.taints) {
        if (taint.effect === 'PreferNoSchedule' && !tolerated(tolerations, taint)) repelling += 1;
      }
      return repelling;
    };
  },
};
