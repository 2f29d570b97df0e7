import type { Taint } from '@shiplog/contracts';
import { tolerated } from '@shiplog/kube';
import type { Filter } from '../../rule';

/** A node's taints NoSchedule and NoExecute keep off every pod that doesn't tolerate them. */
export const taintToleration: Filter = {
  kind: 'filter',
  name: 'TaintToleration',
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
