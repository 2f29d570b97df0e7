import type { Pod, ReplicationController } from '@shiplog/contracts';
import { isConditionTrue } from '@shiplog/kube';
import { ageOf } from '../duration';
import { AGE, count, formatLabels, NAME, NONE, text, wide, type Printer, type RowCondition } from './column';
import { summarisePod } from './pod-status';

export const podPrinter: Printer<Pod> = {
  columns: [
    NAME,
    text('Ready', 'Containers that are ready, of all in the pod.'),
    text('Status', 'One word on how the pod is.'),
    text('Restarts', 'How often its containers were restarted, and when last.'),
    AGE,
    wide('IP', "The pod's address in the pod network."),
    wide('Node', 'The node that runs the pod.'),
    wide('Nominated Node', 'The node on which room is being made for the pod.'),
    wide('Readiness Gates', 'Extra conditions that are met, of all that readiness asks for.'),
  ],
  cells(pod, now) {
    const sum = summarisePod(pod);
    return [
      pod.metadata.name ?? '',
      `${sum.ready}/${sum.total}`,
      sum.status,
      sum.restarts > 0 && sum.lastRestart !== undefined
        ? `${sum.restarts} (${ageOf(sum.lastRestart, now)} ago)`
        : String(sum.restarts),
      ageOf(pod.metadata.creationTimestamp, now),
      pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || NONE,
      pod.spec?.nodeName || NONE,
      pod.status?.nominatedNodeName || NONE,
      readinessGates(pod),
    ];
  },
  conditions(pod): RowCondition[] {
    const done = (reason: string, message: string): RowCondition[] => [
      { type: 'Completed', status: 'True', reason, message },
    ];
    if (pod.status?.phase === 'Succeeded') return done('Succeeded', 'The pod has completed successfully.');
    if (pod.status?.phase === 'Failed') return done('Failed', 'The pod failed.');
    return [];
  },
};

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const met = gates.filter((gate) => isConditionTrue(pod, gate.conditionType));
  return `${met.length}/${gates.length}`;
}

export const replicationControllerPrinter: Printer<ReplicationController> = {
  columns: [
    NAME,
    count('Desired', 'How many pods are wanted.'),
    count('Current', 'How many pods there are.'),
    count('Ready', 'How many pods are ready.'),
    AGE,
    wide('Containers', 'Names of the containers in the template.'),
    wide('Images', 'Images of the containers in the template.'),
    wide('Selector', 'Labels by which the controller knows its pods.'),
  ],
  cells(rc, now) {
    const containers = rc.spec?.template?.spec?.containers ?? [];
    return [
      rc.metadata.name ?? '',
      rc.spec?.replicas ?? 0,
      rc.status?.replicas ?? 0,
      rc.status?.readyReplicas ?? 0,
      ageOf(rc.metadata.creationTimestamp, now),
      containers.map((container) => container.name).join(','),
      containers.map((container) => container.image ?? '').join(','),
      formatLabels(rc.spec?.selector),
    ];
  },
};
