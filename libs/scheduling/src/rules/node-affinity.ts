import type { Filter, Refusal, Score } from '../rule';
import { matchesTerm } from './node-selector';

const REFUSAL: Refusal = ["node(s) didn't match Pod's node affinity/selector"];

/** A pod goes only to nodes that have all labels of its nodeSelector and match a term of its required node affinity. */
export const nodeAffinity: Filter = {
  kind: 'filter',
  name: 'NodeAffinity',
  unresolvable: 'all',
  queueingHints: ['NodeLabelsChanged'],
  check({ pod }) {
    const labels = Object.entries(pod.spec?.nodeSelector ?? {});
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (labels.length === 0 && required === undefined) return undefined;
    const terms = required?.nodeSelectorTerms ?? [];
    return (node) => {
      const selected = labels.every(([key, value]) => Object.hasOwn(node.labels, key) && node.labels[key] === value);
      const admitted = required === undefined || terms.some((term) => matchesTerm(term, node));
      return selected && admitted ? undefined : REFUSAL;
    };
  },
};

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
