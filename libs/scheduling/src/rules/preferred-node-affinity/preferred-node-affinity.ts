import type { Score } from '../../rule';
import { matchesTerm } from '../node-affinity/node-selector';

/** Best is the node for which the matching terms of the pod's preferred node affinity weigh most. */
export const preferredNodeAffinity: Score = {
  kind: 'score',
  name: 'PreferredNodeAffinity',
  scale: 'more',
  rate({ pod }) {
    const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (terms.length === 0) return undefined;
    return (node) => {
      let weight = 0;
      for (const term of terms) if (matchesTerm(term.preference, node)) weight += term.weight;
      return weight;
    };
  },
};
