import type { Command, KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { changeEvent } from './change';
import { decideItems, findPod, withCondition, type ItemOutcome, type StoredPod } from './pod-items';
import type { DecisionContext, Decided } from './types';

type Binding = Command<'BindPods'>['data']['bindings'][number];

/**
 * Decides BindPods: the scheduler proposes, and what it took for granted is looked at again here. A binding is
 * refused when the pod is gone, another one, bound or being deleted by now, or the node is gone.
 */
export function decideBindPods(context: DecisionContext, data: Command<'BindPods'>['data']): Decided {
  return decideItems(context, data.bindings, (binding) => bind(context, binding));
}

function bind(context: DecisionContext, binding: Binding): ItemOutcome {
  const found = findPod(context.state, binding);
  if (!found.ok) return found;
  const { pod } = found;
  const status = bindingRejection(context, pod, binding);
  if (status !== undefined) return { ok: false, status };
  const event = changeEvent('pods', pod, bound(pod, binding.node, context.metadata.time), {
    decision: binding.decision,
    cause: binding.cause,
  });
  return { ok: true, pod, events: event === undefined ? [] : [event] };
}

function bound(pod: StoredPod, node: string, time: string): StoredPod {
  const spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node };
  return withCondition({ ...pod, spec }, { type: 'PodScheduled', status: 'True' }, time);
}

function bindingRejection({ state }: DecisionContext, pod: StoredPod, { name, node }: Binding): KubeStatus | undefined {
  const boundTo = pod.spec?.nodeName ?? '';
  if (boundTo !== '') {
    return statusOf.conflict('pods', name, `pod ${name} is already assigned to node ${JSON.stringify(boundTo)}`);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return statusOf.conflict('pods', name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  return state.get('nodes', '', node) === undefined ? statusOf.notFound('nodes', node) : undefined;
}
