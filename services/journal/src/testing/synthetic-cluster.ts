import { ClusterState, decide, EXCERPT_CHANNELS, type AppliedEvent } from '@shiplog/cluster';
import {
  channelName,
  FLANNEL_ANNOTATIONS,
  RESOURCES,
  type AnyCommand,
  type CommandData,
  type CommandType,
  type KubeObject,
  type LogEvent,
  type StoredObject,
} from '@shiplog/contracts';
import { running, waiting, webPod } from './synthetic-log';

const SETTINGS = {
  serviceCidr: '10.96.0.0/16',
  clusterCidr: '10.128.0.0/9',
  nodePortRange: [30000, 32767] as [number, number],
};
export const PODS_PER_NODE = 30;
/** How often things happen, in seconds. */
export const EVERY = {
  /** Each node tells anew how it is, as Kubernetes' kubelets do. */
  status: 300,
  /** Each pod is replaced: a release a day, and some restarts of nodes. */
  pod: 8 * 3600,
  /** Some node leaves and comes back with nothing, anywhere in the cluster. */
  node: 60,
  /** Some service is made, or goes. */
  service: 60,
} as const;

const SLICES = 'endpointslices.discovery.k8s.io';
const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable', 'Ready'];
const IMAGES = Array.from({ length: 20 }, (_, i) => ({
  names: [`registry.example/shop/part-${i}@sha256:${'4f0e2a8f'.repeat(8)}`, `registry.example/shop/part-${i}:1.24.3`],
  sizeBytes: 20_000_000 + i,
}));

export const nodeName = (i: number): string => `minion-${i + 1}`;
const serviceName = (i: number): string => `service-${i}`;
const podCidr = (i: number): string => `10.${128 + (i >> 8)}.${i & 255}.0/24`;

/**
 * A cluster that lives: nodes tell how they are, pods are replaced and so are their places in the slices, nodes and services
 * come and go. Its events are what deciding real commands comes to. One service stands before as many pods as a node has.
 */
export class SyntheticCluster {
  readonly state = new ClusterState();
  position = 0;
  #commands = 0;
  /** What is left over of each kind of work, from one stretch of time to the next, and how much of it was done. */
  readonly #due = { status: 0, pod: 0, node: 0, service: 0 };
  readonly #done = { status: 0, pod: 0, node: 0, service: 0 };
  /** Of each service, by pod. */
  readonly #endpoints: Map<string, object>[] = [];
  #addresses = 0;

  constructor(private readonly nodes: number) {
    this.#do('CreateObject', { resource: 'namespaces', namespace: '', object: named('Namespace', 'default') });
    for (let i = 0; i < nodes; i++) this.#makeNode(i, { spec: { podCIDR: podCidr(i) }, annotations: annotationsOf(i) });
    const pod = this.#firstPod();
    for (let i = 0; i < nodes; i++) {
      this.#makeService(serviceName(i));
      for (let k = 0; k < PODS_PER_NODE; k++) this.state.put('pods', placed(pod, i, k));
      this.#makeSlice(i);
    }
  }

  /** Of every channel, as if its last event were the newest. */
  get heads(): Record<string, number> {
    const ofNodes = Array.from({ length: this.nodes }, (_, i) => [`pods@${nodeName(i)}`, `nodes@${nodeName(i)}`]);
    const names = [...RESOURCES.map(({ id }) => id), ...EXCERPT_CHANNELS.map(channelName), ...ofNodes.flat()];
    return Object.fromEntries(names.map((name) => [name, this.position]));
  }

  /** What happens within so many seconds: one commit after the other. */
  *live(seconds: number): Generator<AppliedEvent[]> {
    const { nodes } = this;
    const rates = {
      status: nodes / EVERY.status,
      pod: (nodes * PODS_PER_NODE) / EVERY.pod,
      node: 1 / EVERY.node,
      service: 1 / EVERY.service,
    };
    for (const kind of ['status', 'pod', 'node', 'service'] as const) {
      this.#due[kind] += rates[kind] * seconds;
      for (; this.#due[kind] >= 1; this.#due[kind]--) yield* this.#work(kind, this.#done[kind]++);
    }
  }

  #work(kind: keyof typeof EVERY, n: number): AppliedEvent[][] {
    switch (kind) {
      case 'status':
        return [this.#tellStatus(n % this.nodes)];
      case 'pod':
        return this.#replacePod(n % this.nodes, Math.floor(n / this.nodes) % PODS_PER_NODE, n);
      case 'node':
        return this.#replaceNode(this.nodes - 1 - (n % (this.nodes - 1)));
      case 'service':
        return n % 2 === 0
          ? [this.#makeService('passing')]
          : [this.#do('DeleteObject', { resource: 'services', namespace: 'default', name: 'passing' })];
    }
  }

  #firstPod(): StoredObject {
    const key = { namespace: 'default', name: 'first' };
    const node = nodeName(0);
    const [made] = this.#do('CreateObject', { resource: 'pods', namespace: 'default', object: webPod('first') });
    const pod = { ...key, uid: made!.event.uid };
    this.#do('BindPods', { bindings: [{ ...pod, node }] });
    const [done] = this.#do('ReportPods', { node, pods: [{ ...pod, status: running('first', 1) }] });
    this.state.remove('pods', 'default', 'first');
    return done!.after!;
  }

  #makeNode(i: number, { spec, annotations }: { spec: object; annotations: Record<string, string> }): AppliedEvent[] {
    const name = nodeName(i);
    const amounts = { cpu: '16', memory: '64Gi', pods: '110', 'ephemeral-storage': '200Gi' };
    const status = {
      capacity: amounts,
      allocatable: amounts,
      addresses: [
        { type: 'InternalIP', address: addressOf(i) },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: { kernelVersion: '6.1.0-18-amd64', osImage: 'Debian 12', containerRuntimeVersion: 'docker://26.1.0' },
      images: IMAGES,
      conditions: this.#conditions(),
    };
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels, annotations }, spec, status };
    return this.#do('CreateObject', { resource: 'nodes', namespace: '', object });
  }

  #tellStatus(i: number): AppliedEvent[] {
    return this.#patch('nodes', '', nodeName(i), { status: { conditions: this.#conditions() } }, 'status');
  }

  #conditions(): object[] {
    const lastHeartbeatTime = timeOf(this.#commands).replace(/\.\d+/, '');
    return PRESSURES.map((type) => ({
      ...{ type, status: type === 'Ready' ? 'True' : 'False', lastHeartbeatTime },
      ...{ lastTransitionTime: '2026-01-01T00:00:00Z', reason: `Kubelet${type}`, message: `kubelet has said ${type}` },
    }));
  }

  #replaceNode(i: number): AppliedEvent[][] {
    return [
      this.#do('DeleteObject', { resource: 'nodes', namespace: '', name: nodeName(i) }),
      this.#makeNode(i, { spec: {}, annotations: {} }),
      this.#patch('nodes', '', nodeName(i), { spec: { podCIDR: podCidr(i) } }),
      this.#patch('nodes', '', nodeName(i), { metadata: { annotations: annotationsOf(i) } }),
    ];
  }

  #makeService(name: string): AppliedEvent[] {
    const spec = { selector: { app: name }, ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] };
    const object = { ...named('Service', name), spec };
    return this.#do('CreateObject', { resource: 'services', namespace: 'default', object });
  }

  #makeSlice(i: number): void {
    const pods = Array.from({ length: PODS_PER_NODE }, (_, k) => podName(i, k));
    const places = new Map(pods.map((pod) => [pod, this.#endpoint(pod)]));
    this.#endpoints[i] = places;
    const endpoints = [...places.values()];
    const metadata = { name: serviceName(i), labels: { 'kubernetes.io/service-name': serviceName(i) } };
    const slice = { metadata, addressType: 'IPv4', ports: [{ port: 8080, protocol: 'TCP' }], endpoints };
    const object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...slice } as KubeObject;
    this.#do('CreateObject', { resource: SLICES, namespace: 'default', object });
  }

  #replacePod(i: number, k: number, n: number): AppliedEvent[][] {
    const [name, next, node] = [this.#names.get(`${i} ${k}`) ?? podName(i, k), `web-${i}-${k}-${n}`, nodeName(i)];
    const key = { resource: 'pods', namespace: 'default', name } as const;
    const { uid } = this.state.get('pods', 'default', name)!.metadata;
    const commits = [
      this.#do('CreateObject', { resource: 'pods', namespace: 'default', object: webPod(next) }),
      this.#do('DeleteObject', key),
      this.#putEndpoint(i, name, { ...this.#endpoints[i]!.get(name), conditions: { ready: false, terminating: true } }),
    ];
    const pod = { namespace: 'default', name: next, uid: commits[0]![0]!.event.uid };
    this.#names.set(`${i} ${k}`, next);
    return [
      ...commits,
      this.#do('BindPods', { bindings: [{ ...pod, node }] }),
      this.#do('ReportPods', { node, pods: [{ ...pod, status: waiting() }] }),
      this.#do('ReportPods', { node, pods: [{ ...pod, status: running(next, n) }] }),
      this.#putEndpoint(i, next, this.#endpoint(next)),
      this.#do('DeleteObject', { ...key, gracePeriodSeconds: 0, preconditions: { uid } }),
      this.#putEndpoint(i, name, undefined),
    ];
  }

  /** By their place: those that are not the first of it. */
  readonly #names = new Map<string, string>();

  /** As the controllers write a slice: what stays keeps its place, what is new comes last. */
  #putEndpoint(i: number, pod: string, endpoint: object | undefined): AppliedEvent[] {
    const endpoints = this.#endpoints[i]!;
    if (endpoint === undefined) endpoints.delete(pod);
    else endpoints.set(pod, endpoint);
    return this.#patch(SLICES, 'default', serviceName(i), { endpoints: [...endpoints.values()] });
  }

  #endpoint(pod: string): object {
    const { metadata, spec } = this.state.get('pods', 'default', pod)!;
    const targetRef = { kind: 'Pod', namespace: 'default', name: pod, uid: metadata.uid };
    const n = this.#addresses++;
    const address = `10.${128 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    return { addresses: [address], conditions: { ready: true }, nodeName: spec?.nodeName, targetRef };
  }

  #patch(
    resource: 'nodes' | typeof SLICES,
    namespace: string,
    name: string,
    patch: object,
    subresource?: 'status',
  ): AppliedEvent[] {
    return this.#do('PatchObject', { resource, namespace, name, subresource, patchType: 'merge', patch });
  }

  #do<T extends CommandType>(type: T, data: CommandData[T]): AppliedEvent[] {
    const id = `command-${++this.#commands}`;
    const uid = `00000000-0000-4000-8000-${String(this.#commands).padStart(12, '0')}`;
    const time = timeOf(this.#commands);
    const command = { id, type, actor: 'admin', data } as unknown as AnyCommand;
    const decided = decide(this.state, command, { time, uid, position: this.position, settings: SETTINGS });
    if (!decided.ok) throw new Error(`${type}: ${decided.status.message}`);
    return decided.events.map((draft, commandSeq) => {
      const about = { position: ++this.position, time, actor: command.actor, commandId: id, commandSeq };
      return this.state.apply({ ...draft, ...about } as LogEvent);
    });
  }
}

function named(kind: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name } };
}

function podName(i: number, k: number): string {
  return `web-${i}-${k}`;
}

function placed(pod: StoredObject, i: number, k: number): StoredObject {
  const uid = `00000000-0000-4000-9000-${String(i * PODS_PER_NODE + k).padStart(12, '0')}`;
  const metadata = { ...pod.metadata, name: podName(i, k), uid };
  return { ...pod, metadata, spec: { ...(pod.spec as object), nodeName: nodeName(i) } } as StoredObject;
}

function annotationsOf(i: number): Record<string, string> {
  const mac = `"VtepMAC":"0e:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}"`;
  return {
    [FLANNEL_ANNOTATIONS.data]: `{"VNI":1,${mac}}`,
    [FLANNEL_ANNOTATIONS.type]: 'vxlan',
    [FLANNEL_ANNOTATIONS.manager]: 'true',
    [FLANNEL_ANNOTATIONS.publicIp]: addressOf(i),
  };
}

function addressOf(i: number): string {
  return `172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
}

function timeOf(command: number): string {
  return new Date(Date.UTC(2026, 0, 1) + command * 10).toISOString();
}
