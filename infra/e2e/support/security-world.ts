import {
  HistoryQuery,
  type Identity,
  type KubeObject,
  type LogEvent,
  type Node,
  type Pod,
  PositionQuery,
  principalName,
  principalOf,
} from '@shiplog/contracts';
import type { Bus } from '@shiplog/bus';
import { eventually } from '@shiplog/testing';
import { Attacker } from './attacker';
import { httpGet, TEST_CONNECTION, TestCluster } from './cluster';

/** Whose credentials the attacker has, and whom else it wishes to harm. */
export const CAPTURED = 'minion-1';
export const OTHER = 'minion-2';
export const AGENTS = ['kubelet', 'network', 'proxy'] as const;
export type Agent = (typeof AGENTS)[number];

/** What is in a Secret is never to be seen: no subject and no answer may hold it. */
const HIDDEN = 'aGlkZGVu';
const SECRETS = { named: 'bmFtZWQ=', hidden: HIDDEN };
const HISTORY_LIMIT = 1_000;

/**
 * What the security suite attacks: a pod on the captured node and one on another, each of which names a Secret of its
 * own; and what must be the same afterwards.
 */
export class SecurityWorld {
  readonly cluster = new TestCluster();
  attackers!: Readonly<Record<Agent, Attacker>>;
  admin!: Bus;
  mine!: Pod;
  theirs!: Pod;
  #began = 0;
  #pids: Readonly<Record<string, number>> = {};
  #nodes: unknown;

  constructor(readonly namespace: string) {}

  /** Makes it, and takes hold of the node's credentials. */
  async begin(): Promise<void> {
    const { cluster, namespace } = this;
    await cluster.allReady();
    await cluster.kubectl('create', 'namespace', namespace);
    const objects = [
      ...Object.entries(SECRETS).map(([name, word]) => secret(name, word)),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hidden' }, data: { word: HIDDEN } },
      talker('mine', CAPTURED, 'named'),
      talker('theirs', OTHER, 'hidden'),
    ];
    await cluster.apply(...objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } })));
    [this.mine, this.theirs] = (await cluster.podsReady(namespace, 2)) as [Pod, Pod];
    this.admin = await cluster.bus();
    this.attackers = {
      kubelet: await this.captured('kubelet'),
      network: await this.captured('network'),
      proxy: await this.captured('proxy'),
    };
    this.#pids = this.#running();
    this.#nodes = await this.#specsOfNodes();
    this.#began = (await this.admin.ask(PositionQuery, {})).position;
  }

  captured(role: Identity['role']): Promise<Attacker> {
    return Attacker.as(this.cluster, { role, name: CAPTURED });
  }

  async end(): Promise<void> {
    await Promise.all(Object.values(this.attackers ?? {}).map((attacker) => attacker.close()));
    await this.cluster.kubectl('delete', 'namespace', this.namespace, '--wait=false');
    await this.cluster.close();
  }

  /** The position after which things count. */
  get began(): number {
    return this.#began;
  }

  /**
   * Nothing that isn't the node's own to say has come into the log; no process was started again; nodes are as they
   * were; pods run on; nothing runs that should not.
   */
  async unharmed(): Promise<void> {
    const events = await this.eventsSince();
    expect(events.filter(isForeign).map(described)).toEqual([]);
    expect(this.#running()).toEqual(this.#pids);
    expect(await this.#specsOfNodes()).toEqual(this.#nodes);
    expect(this.refusedToServices()).toEqual([]);
    const pods = await this.cluster.podsReady(this.namespace, 2);
    expect(pods.map(({ metadata }) => metadata?.uid)).toEqual(
      [this.mine, this.theirs].map(({ metadata }) => metadata?.uid),
    );
    for (const { metadata, status } of pods)
      await eventually(async () => (await httpGet(`http://${status?.podIP}/`)).body.trim() === metadata?.name);
    const containers = (await Promise.all(this.cluster.engines().map(({ engine }) => engine.listContainers()))).flat();
    expect(containers.filter(({ Labels }) => Labels['io.kubernetes.pod.name']?.startsWith('evil'))).toEqual([]);
    await this.cluster.allReady();
  }

  /** A pod can still be made on the captured node, runs, and its log can be read. */
  async works(name: string): Promise<void> {
    const { cluster, namespace } = this;
    const pod = talker(name, CAPTURED, 'named');
    await cluster.apply({ ...pod, metadata: { ...pod.metadata, namespace } });
    await cluster.podsReady(namespace, 3);
    expect(await cluster.kubectl('-n', namespace, 'logs', name)).toContain('bmFtZWQ=');
    await cluster.kubectl('-n', namespace, 'delete', 'pod', name);
  }

  /**
   * What the NATS server has told of refusing the cluster's own processes. Connections of tests are left out, and so are
   * answers: leave to give one ends with the server, and when it reads its configuration again.
   */
  refusedToServices(): string[] {
    const isOurs = (line: string): boolean => line.includes(TEST_CONNECTION) || line.includes('"_INBOX.');
    const lines = this.cluster.logOf('nats').split('\n');
    return lines.filter((line) => line.includes('Violation') && !isOurs(line));
  }

  /** What has happened since the beginning, oldest first. */
  async eventsSince(): Promise<LogEvent[]> {
    const { events } = await this.admin.ask(HistoryQuery, { limit: HISTORY_LIMIT });
    expect(events.length < HISTORY_LIMIT || events.at(-1)!.position <= this.#began).toBe(true);
    return events.filter(({ position }) => position > this.#began).reverse();
  }

  #running(): Record<string, number> {
    return Object.fromEntries(this.cluster.processes().map(({ name, pid }) => [name, pid]));
  }

  /** Of a node what only the cluster may change. */
  async #specsOfNodes(): Promise<unknown> {
    const { items } = await this.cluster.api.get<{ items: Node[] }>('/api/v1/nodes');
    return items.map(({ metadata, spec }) => [metadata?.name, metadata?.labels, metadata?.annotations, spec]);
  }
}

const NODE = principalName(principalOf({ role: 'kubelet', name: CAPTURED }));

/** An event by the captured node about what isn't its own, or about what only an attack could have made. */
function isForeign(event: LogEvent): boolean {
  if (event.name.startsWith('evil')) return true;
  const isOwn = event.node === CAPTURED || event.name === CAPTURED;
  return event.via === NODE && !isOwn;
}

function described({ position, fact, resource, namespace, name, actor, via }: LogEvent): string {
  return `${position} ${fact} ${resource} ${namespace}/${name} by ${actor} via ${via}`;
}

function secret(name: string, word: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { word } };
}

/** A pod on a node that serves its name, prints what it was given of a Secret, and then counts. */
function talker(name: string, node: string, secretName: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': node },
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'c',
          image: 'busybox:1.36',
          command: [
            'sh',
            '-c',
            'trap "exit 0" TERM; mkdir /www; hostname > /www/index.html; httpd -p 80 -h /www; ' +
              'echo -n "$WORD" | base64; i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.2 & wait $!; done',
          ],
          env: [{ name: 'WORD', valueFrom: { secretKeyRef: { name: secretName, key: 'word' } } }],
        },
      ],
    },
  };
}
