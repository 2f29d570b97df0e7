import { conditionOf } from '@shiplog/kube';
import type { Draft } from '../kinds/kind';
import type { AdmissionPlugin } from './plugin';

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/**
 * Keeps pods from a new node that says that it is not ready, until it is: the node controller, who takes the taint away, may look later
 * than the scheduler. Kubernetes does so to all new nodes, whose kubelets never begin ready; here they may.
 */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  resources: ['nodes'],
  admit({ object, before }) {
    const node = object as Draft<'nodes'>;
    const ready = conditionOf(node, 'Ready');
    if (before !== undefined || ready === undefined || ready.status === 'True') return undefined;
    const taints = node.spec?.taints ?? [];
    const isThere = taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect);
    if (!isThere) node.spec = { ...node.spec, taints: [...taints, { ...NOT_READY }] };
    return undefined;
  },
};
