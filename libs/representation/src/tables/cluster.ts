import type { KubeEvent, Lease, Namespace, Node } from '@shiplog/contracts';
import { conditionOf } from '@shiplog/kube';
import { ageOf } from '../duration';
import { AGE, count, NAME, NONE, text, wide, type Printer } from './column';

export const nodePrinter: Printer<Node> = {
  columns: [
    NAME,
    text('Status', 'Whether the node runs pods and takes new ones.'),
    text('Roles', 'What the node is for.'),
    AGE,
    text('Version', "The kubelet's version."),
    wide('Internal-IP', 'Address inside the cluster.'),
    wide('External-IP', 'Address outside the cluster.'),
    wide('OS-Image', 'Operating system.'),
    wide('Kernel-Version', 'Kernel.'),
    wide('Container-Runtime', 'What runs the containers.'),
  ],
  cells(node, now) {
    const info = node.status?.nodeInfo;
    return [
      node.metadata.name ?? '',
      nodeStatus(node),
      nodeRoles(node).join(',') || NONE,
      ageOf(node.metadata.creationTimestamp, now),
      info?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      info?.osImage || '<unknown>',
      info?.kernelVersion || '<unknown>',
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
};

function nodeStatus(node: Node): string {
  const ready = conditionOf(node, 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function nodeRoles(node: Node): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    const prefix = 'node-role.kubernetes.io/';
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return [...roles].sort();
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? NONE;
}

export const namespacePrinter: Printer<Namespace> = {
  columns: [NAME, text('Status', 'Active, or Terminating while it is emptied.'), AGE],
  cells: (namespace, now) => [
    namespace.metadata.name ?? '',
    namespace.status?.phase ?? '',
    ageOf(namespace.metadata.creationTimestamp, now),
  ],
};

export const leasePrinter: Printer<Lease> = {
  columns: [NAME, text('Holder', 'Who holds the lease.'), AGE],
  cells: (lease, now) => [
    lease.metadata.name ?? '',
    lease.spec?.holderIdentity ?? '',
    ageOf(lease.metadata.creationTimestamp, now),
  ],
};

export const eventPrinter: Printer<KubeEvent> = {
  columns: [
    text('Last Seen', 'How long ago it last happened.'),
    text('Type', 'Normal or Warning.'),
    text('Reason', 'What happened, in one word.'),
    text('Object', 'What it happened to.'),
    wide('Subobject', 'Which part of the object.'),
    wide('Source', 'Who reported it.'),
    text('Message', 'What happened, in a sentence.'),
    wide('First Seen', 'How long ago it first happened.'),
    count('Count', 'How often it happened.', 1),
    { ...NAME, priority: 1 },
  ],
  cells(event, now) {
    const first = ageOf(event.firstTimestamp ?? event.eventTime, now);
    const last = event.series?.lastObservedTime ?? event.lastTimestamp;
    const about = event.involvedObject;
    const kind = (about.kind ?? '').toLowerCase();
    return [
      last === undefined ? first : ageOf(last, now),
      event.type ?? '',
      event.reason ?? '',
      about.name ? `${kind}/${about.name}` : kind,
      about.fieldPath ?? '',
      eventSource(event),
      (event.message ?? '').trim(),
      first,
      event.series?.count ?? event.count ?? 1,
      event.metadata.name ?? '',
    ];
  },
};

function eventSource(event: KubeEvent): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || (event.source?.component ? '' : (event.reportingInstance ?? ''));
  return host === '' ? component : `${component}, ${host}`;
}
