import { tolerated } from '@shiplog/kube';
import type { Filter, Refusal } from '../../rule';

const REFUSAL: Refusal = ['node(s) were unschedulable'];
const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A cordoned node takes only pods that tolerate the taint which Kubernetes gives such nodes (DaemonSets do). */
export const nodeUnschedulable: Filter = {
  kind: 'filter',
  name: 'NodeUnschedulable',
  queueingHints: ['NodeAdmissionChanged'],
  check({ pod }) {
    if (tolerated(pod.spec?.tolerations, CORDON)) return undefined;
    return (node) => (node.unschedulable ? REFUSAL : undefined);
  },
};
