import type { Filter, Refusal } from '../../rule';
import { tolerates } from '../taint-toleration/tolerates';

const REFUSAL: Refusal = ['node(s) were unschedulable'];
const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A cordoned node takes only pods that tolerate the taint which Kubernetes gives such nodes (DaemonSets do). */
export const nodeUnschedulable: Filter = {
  kind: 'filter',
  name: 'NodeUnschedulable',
  helpedBy: ['NodeAdmissionChanged'],
  check({ pod }) {
    if (tolerates(pod.spec?.tolerations, CORDON)) return undefined;
    return (node) => (node.unschedulable ? REFUSAL : undefined);
  },
};
