import type { Taint } from '@shiplog/contracts';
import { tolerated } from '@shiplog/kube';
import type { Filter, Refusal, Score } from '../rule';

/** A node's taints NoSchedule and NoExecute keep off every pod that doesn't tolerate them. */
export const taintToleration: Filter = {
  kind: 'filter',
  name: 'TaintToleration',
  unresolvable: 'all',
  queueingHints: ['NodeAdmissionChanged'],
  check({ pod }) {
    const tolerations = pod.spec?.tolerations;
    return (node) => {
      for (const taint of node.taints) {
        if (repels(taint) && !tolerated(tolerations, taint)) return [reasonOf(taint)];
      }
      return undefined;
    };
  },
};

function repels(taint: Taint): boolean {
  return taint.effect === 'NoSchedule' || taint.effect === 'NoExecute';
}

function reasonOf(taint: Taint): string {
  return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
}

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

const REFUSAL: Refusal = ['node(s) were unschedulable'];
const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A cordoned node takes only pods that tolerate the taint which Kubernetes gives such nodes (DaemonSets do). */
export const nodeUnschedulable: Filter = {
  kind: 'filter',
  name: 'NodeUnschedulable',
  unresolvable: 'all',
  queueingHints: ['NodeAdmissionChanged'],
  check({ pod }) {
    if (tolerated(pod.spec?.tolerations, CORDON)) return undefined;
    return (node) => (node.unschedulable ? REFUSAL : undefined);
  },
};
