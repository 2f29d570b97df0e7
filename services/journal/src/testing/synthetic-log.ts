import { ClusterState, decide, type Decided } from '@shiplog/cluster';
import type { AnyCommand, CommandData, CommandType, LogEvent, PodStatus, StoredObject } from '@shiplog/contracts';
import type { Commit } from '../database/append';

const SETTINGS = {
  serviceCidr: '10.96.0.0/16',
  clusterCidr: '10.244.0.0/16',
  nodePortRange: [30000, 32767] as [number, number],
};
const NODES = 5;

/**
 * The life of a busy cluster: pods are created with the spec of a real one, scheduled, started, ready, and deleted in
 * the end. Made by deciding real commands, so the events are what the journal would have logged.
 */
export class SyntheticLog {
  readonly state = new ClusterState();
  readonly #commit: { events: LogEvent[]; texts: string[]; commands: Commit['commands'][number][] } = emptyCommit();
  #position = 0;
  #commands = 0;
  #pods = 0;
  readonly #alive: { name: string; uid: string; node: string }[] = [];

  /** @param keptAlive pods that live at once, in the end */
  constructor(private readonly keptAlive = 1_000) {}

  /** Commits of about `size` events, until `total` events are made. */
  *commits(total: number, size = 1_000): Generator<Commit> {
    this.#begin();
    while (this.#position < total) {
      this.#podStarts();
      if (this.#alive.length > this.keptAlive) this.#podEnds();
      if (this.#commit.events.length >= size || this.#position >= total) {
        const { events, texts, commands } = this.#commit;
        yield { events: events.splice(0), texts: texts.splice(0), commands: commands.splice(0) };
      }
    }
  }

  #begin(): void {
    this.#do('CreateObject', { resource: 'namespaces', namespace: '', object: object('Namespace', 'default') });
    for (let i = 0; i < NODES; i++) {
      const status = { capacity: { cpu: '4', memory: '8Gi', pods: '110' } };
      this.#do('CreateObject', {
        resource: 'nodes',
        namespace: '',
        object: { ...object('Node', `node-${i}`), status },
      });
    }
  }

  #podStarts(): void {
    const name = `web-${this.#pods++}`;
    const node = `node-${this.#pods % NODES}`;
    const uid = this.#do('CreateObject', { resource: 'pods', namespace: 'default', object: webPod(name) });
    const pod = { namespace: 'default', name, uid };
    const decision = {
      policy: 'default/1',
      seed: this.#pods,
      winner: node,
      top: [{ node, total: 180, byRule: { LeastAllocated: 90, BalancedAllocation: 90 } }],
      refused: { TaintToleration: 1 },
      nodes: NODES,
    };
    this.#do('BindPods', { bindings: [{ ...pod, node, decision }] });
    this.#do('ReportPods', { node, pods: [{ ...pod, status: waiting() }] });
    this.#do('ReportPods', { node, pods: [{ ...pod, status: running(name, this.#pods) }] });
    this.#alive.push({ name, uid, node });
  }

  #podEnds(): void {
    const pod = this.#alive.shift();
    if (pod === undefined) return;
    const key = { resource: 'pods', namespace: 'default', name: pod.name } as const;
    this.#do('DeleteObject', key);
    this.#do('DeleteObject', { ...key, gracePeriodSeconds: 0, preconditions: { uid: pod.uid } });
  }

  #do<T extends CommandType>(type: T, data: CommandData[T]): string {
    const id = `command-${++this.#commands}`;
    const uid = `00000000-0000-4000-8000-${String(this.#commands).padStart(12, '0')}`;
    const time = new Date(Date.UTC(2026, 0, 1) + this.#commands * 10).toISOString();
    const command = { id, type, actor: 'admin', data } as unknown as AnyCommand;
    const decided = decide(this.state, command, { time, uid, position: this.#position, settings: SETTINGS });
    if (!decided.ok) throw new Error(`${id}: ${decided.status.message}`);
    this.#log(command, time, decided);
    return uid;
  }

  #log(command: AnyCommand, time: string, { events, reply }: Extract<Decided, { ok: true }>): void {
    const { id, actor } = command;
    const first = this.#position + 1;
    events.forEach((draft, commandSeq) => {
      const event: LogEvent = { ...draft, position: ++this.#position, time, actor, commandId: id, commandSeq };
      this.state.apply(event);
      this.#commit.events.push(event);
      this.#commit.texts.push(JSON.stringify(event.data));
    });
    if (events.length > 0) this.#commit.commands.push({ id, first, count: events.length, items: reply.items });
  }
}

function emptyCommit(): { events: LogEvent[]; texts: string[]; commands: Commit['commands'][number][] } {
  return { events: [], texts: [], commands: [] };
}

function object(kind: string, name: string): { apiVersion: string; kind: string; metadata: { name: string } } {
  return { apiVersion: 'v1', kind, metadata: { name } };
}

export function webPod(name: string): StoredObject {
  const container = {
    name: 'web',
    image: 'registry.example/shop/web:1.24.3',
    ports: [{ containerPort: 8080, protocol: 'TCP' }],
    env: [
      { name: 'REDIS_HOST', value: 'redis' },
      { name: 'LOG_LEVEL', value: 'info' },
    ],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 5 },
  };
  const labels = { app: 'web', tier: 'frontend', 'pod-template': 'v1' };
  return {
    ...object('Pod', name),
    metadata: { name, labels, annotations: { 'example.org/owner': 'team-shop' } },
    spec: { containers: [container], terminationGracePeriodSeconds: 5 },
  } as unknown as StoredObject;
}

export function waiting(): PodStatus {
  const container = {
    name: 'web',
    image: 'registry.example/shop/web:1.24.3',
    imageID: '',
    ready: false,
    restartCount: 0,
  };
  return {
    phase: 'Pending',
    containerStatuses: [{ ...container, state: { waiting: { reason: 'ContainerCreating' } } }],
  };
}

export function running(name: string, n: number): PodStatus {
  const ip = `10.244.${n % NODES}.${n % 250}`;
  const container = {
    name: 'web',
    image: 'registry.example/shop/web:1.24.3',
    imageID: 'sha256:4f0e2a8f5b1c0d9e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f',
    containerID: `docker://${name}-c0ffee`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: '2026-01-01T00:00:05Z' } },
  };
  const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' }));
  return {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    hostIP: '172.30.0.11',
    conditions,
    containerStatuses: [container],
  };
}
