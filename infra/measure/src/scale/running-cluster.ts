import { EVENT_FORMAT, type LogEvent, type ResourceId } from '@shiplog/contracts';
import type { Commit } from '../../../../services/journal/src/database/append';
import { podOf, podSpec, time, type Made } from './running-pod';

/** Of each ReplicationController, and on each node. */
const PODS_EACH = 100;
const NAMESPACES = 20;
const COMMIT_EVENTS = 1_000;

/**
 * A cluster that runs quietly: so many pods of the size that real ones have, each bound, ready, and owned by one of many
 * ReplicationControllers. Its log has one event for each object, which was made as it is now.
 */
export class RunningCluster {
  /** ReplicationControllers, and nodes. */
  readonly #groups: number;

  constructor(readonly pods: number) {
    this.#groups = Math.ceil(pods / PODS_EACH / NAMESPACES) * NAMESPACES;
  }

  pod(n: number): Made {
    const group = n % this.#groups;
    const { uid } = this.#controller(group).metadata;
    return podOf(n, { app: appOf(group), namespace: namespaceOf(group), controller: uid, node: group });
  }

  *log(): Generator<Commit> {
    let events: LogEvent[] = [];
    let position = 0;
    for (const [resource, made] of this.#objects()) {
      events.push(created(++position, resource, made));
      if (events.length < COMMIT_EVENTS) continue;
      yield commitOf(events);
      events = [];
    }
    if (events.length > 0) yield commitOf(events);
  }

  *#objects(): Generator<[ResourceId, Made]> {
    const namespaces = ['default', ...Array.from({ length: NAMESPACES }, (_, n) => namespaceOf(n))];
    for (const name of namespaces)
      yield ['namespaces', object('v1', 'Namespace', { name }, { spec: { finalizers: ['kubernetes'] } })];
    for (let n = 0; n < this.#groups; n++) yield ['nodes', node(n)];
    for (let n = 0; n < this.#groups; n++) yield ['replicationcontrollers', this.#controller(n)];
    for (let n = 0; n < this.pods; n++) yield ['pods', this.pod(n)];
  }

  #controller(group: number): Made {
    const replicas = Math.ceil((this.pods - group) / this.#groups);
    const app = appOf(group);
    const counts = { readyReplicas: replicas, availableReplicas: replicas, fullyLabeledReplicas: replicas };
    const template = { metadata: { labels: { app } }, spec: podSpec(app) };
    const metadata = { name: app, namespace: namespaceOf(group) };
    const rest = { spec: { replicas, selector: { app }, template }, status: { replicas, ...counts } };
    return object('v1', 'ReplicationController', metadata, rest);
  }
}

function appOf(group: number): string {
  return `service-${group}`;
}

function namespaceOf(group: number): string {
  return `team-${group % NAMESPACES}`;
}

function node(n: number): Made {
  const capacity = { cpu: '64', memory: '512Gi', pods: '500', 'ephemeral-storage': '1Ti' };
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady' };
  const conditions = [{ ...ready, lastHeartbeatTime: time(n), lastTransitionTime: time(n) }];
  const podCIDR = `10.${128 + (n >> 8)}.${n & 255}.0/24`;
  return object(
    'v1',
    'Node',
    { name: `minion-${n}` },
    {
      spec: { podCIDR, podCIDRs: [podCIDR] },
      status: { capacity, allocatable: capacity, conditions },
    },
  );
}

function object(apiVersion: string, kind: string, named: { name: string; namespace?: string }, rest: object): Made {
  const uid = `${kind}-${named.namespace ?? ''}-${named.name}`.padEnd(36, '0');
  return { apiVersion, kind, metadata: { ...named, uid, creationTimestamp: time(0) }, ...rest };
}

function created(position: number, resource: ResourceId, made: Made): LogEvent {
  const { name, namespace = '', uid } = made.metadata;
  const { nodeName = '' } = (made['spec'] ?? {}) as { nodeName?: string };
  const reason = { version: EVENT_FORMAT, actor: 'measure', commandId: `c${position}`, commandSeq: 0 };
  const data = { object: made } as unknown as LogEvent['data'];
  return {
    ...reason,
    position,
    resource,
    namespace,
    name,
    uid,
    node: nodeName,
    fact: 'Created',
    time: time(position),
    data,
  };
}

function commitOf(events: readonly LogEvent[]): Commit {
  return { events, texts: events.map(({ data }) => JSON.stringify(data)), commands: [] };
}
