import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import {
  serviceActor,
  builtIn,
  storedApiVersion,
  type AnyCommand,
  type KubeObject,
  type ObjectKey,
  type BuiltIn,
  type ResourceId,
} from '@shiplog/contracts';
import { FLOW_DEFAULTS, SYSTEM_PRIORITIES } from '@shiplog/admission';
import { backendAddress, formatIp } from '@shiplog/apimachinery';
import { LOCAL_PROVISIONER, VOLUME_ANNOTATIONS } from '@shiplog/kube';
import type { Projection } from '@shiplog/projection';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { ClusterCache } from '../cache/cluster-cache';
import { Stopping } from '../common/stopping';
import type { ApiConfig } from '../settings';
import { DEFAULT_RIGHTS, lostOf, type DefaultRight } from './default-rights';

const ACTOR = serviceActor('api');
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const CLASSES = 'priorityclasses.scheduling.k8s.io';
const FLOW_SCHEMAS = 'flowschemas.flowcontrol.apiserver.k8s.io';
const FLOW_LEVELS = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io';
const STORAGE_CLASSES = 'storageclasses.storage.k8s.io';
const PORT_NAME = 'https';
const PROXY_AUTHENTICATION = 'extension-apiserver-authentication';
const BACK_OFF = { firstMs: 1_000, longestMs: 1_000 };

/**
 * Makes what every cluster has, where it is missing: four namespaces, the priority classes of the system, the flows of requests, the roles
 * that people and parts of a cluster are bound to, the class of volumes that claims get, the Service
 * `kubernetes` with its endpoint, by which pods reach the api, and by what servers of APIServices know it. Several apis may
 * do so at once: the later one is told that it is there.
 */
@Injectable()
export class Bootstrap {
  /** By key, of what was deleted since: the position of that. */
  readonly #lost = new Map<string, number>();
  /** Default rights, and the class of volumes, that were there once since the api started. */
  readonly #ensured = new Set<string>();

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: ApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly cluster: ClusterCache,
    private readonly stopping: Stopping,
  ) {}

  /** Resolves when all of it is there; from then on what is deleted comes back. Never resolves when the api stops before. */
  async run(): Promise<void> {
    let made = (): void => undefined;
    const allThere = new Promise<void>((resolve) => (made = resolve));
    const loop = new SyncLoop({
      run: () => this.#make().then(made),
      backOff: BACK_OFF,
      onError: (error) =>
        this.logger.warn({ err: error }, 'could not create the objects of every cluster; trying again'),
    });
    this.stopping.signal.addEventListener('abort', () => void loop.stop(), { once: true });
    if (this.stopping.signal.aborted) return;
    loop.wake();
    await allThere;
    this.cluster.projection.onApplied((batch) => {
      const lost = batch.filter(({ event, after }) => after === undefined && isOfEveryCluster(event));
      for (const { event } of lost) this.#lost.set(keyOf(event), event.position);
      if (lost.length > 0) loop.wake();
    });
  }

  async #make(): Promise<void> {
    const { config } = this;
    await Promise.all([
      ...NAMESPACES.map((name) => this.#ensure('namespaces', '', objectOf('namespaces', { name }))),
      ...[...SYSTEM_PRIORITIES].map(([name, value]) => this.#ensure(CLASSES, '', priorityClass(name, value))),
      ...FLOW_DEFAULTS.levels.map((level) => this.#ensure(FLOW_LEVELS, '', level as unknown as KubeObject)),
      ...FLOW_DEFAULTS.schemas.map((schema) => this.#ensure(FLOW_SCHEMAS, '', schema as unknown as KubeObject)),
    ]);
    await Promise.all(DEFAULT_RIGHTS.map((right) => this.#ensureRight(right)));
    await this.#ensureStorageClass();
    await this.#ensure('services', 'default', kubernetesService(config));
    if (config.proxyCaFile !== '') {
      await this.#ensure('configmaps', 'kube-system', proxyAuthentication(readFileSync(config.proxyCaFile, 'utf8')));
    }
    // No Service leads to what is only the node's own: who advertises that has none but local clients.
    if (backendAddress(config.advertiseAddress).length > 0) return;
    await this.#ensure('endpoints', 'default', kubernetesEndpoints(config));
    await this.#ensure('endpointslices.discovery.k8s.io', 'default', kubernetesSlice(config));
  }

  async #ensure(resource: ResourceId, namespace: string, object: KubeObject): Promise<void> {
    const name = object.metadata.name ?? '';
    const data = changeFor(this.cluster.projection, resource, namespace, object);
    if (data !== undefined) await this.#send({ resource, namespace, name }, data);
  }

  /** Once, when the api starts: an administrator who takes a default right away does so until then, as in Kubernetes. */
  async #ensureRight(right: DefaultRight): Promise<void> {
    const { resource, namespace, object } = right;
    const key = { resource, namespace, name: object.metadata.name ?? '' };
    if (this.#ensured.has(keyOf(key))) return;
    const there = this.cluster.projection.get(resource, namespace, key.name) as KubeObject | undefined;
    const patch = there === undefined ? undefined : lostOf(there, right);
    if (there === undefined) await this.#send(key, { type: 'CreateObject', data: { resource, namespace, object } });
    else if (patch !== undefined)
      await this.#send(key, { type: 'PatchObject', data: { ...key, patchType: 'merge', patch } });
    this.#ensured.add(keyOf(key));
  }

  /** Likewise once: a cluster may do without it, or with another default. */
  async #ensureStorageClass(): Promise<void> {
    const key = keyOf({ resource: STORAGE_CLASSES, namespace: '', name: LOCAL_CLASS.metadata.name ?? '' });
    if (this.#ensured.has(key)) return;
    await this.#ensure(STORAGE_CLASSES, '', LOCAL_CLASS);
    this.#ensured.add(key);
  }

  async #send({ resource, namespace, name }: ObjectKey, data: Pick<AnyCommand, 'type' | 'data'>): Promise<void> {
    const { logger } = this;
    const cause = this.#causeOf({ resource, namespace, name });
    const reply = await this.bus.command({ id: newCommandId(), actor: ACTOR, cause, ...data } as AnyCommand);
    if (reply.ok) {
      this.#lost.delete(keyOf({ resource, namespace, name }));
      logger.info({ resource, namespace, name }, 'created for the cluster');
    } else if (reply.status.reason !== 'AlreadyExists') {
      logger.error({ resource, namespace, name, status: reply.status }, 'could not be created for the cluster');
    }
  }

  /**
   * The deletion that it makes good, else the last event of what stands there, else that of the namespace it is made in.
   * The first objects of a cluster have none: before them there is nothing.
   */
  #causeOf(key: ObjectKey): number | undefined {
    const { projection } = this.cluster;
    const { metadata } =
      projection.get(key.resource, key.namespace, key.name) ?? projection.get('namespaces', '', key.namespace) ?? {};
    return this.#lost.get(keyOf(key)) ?? (metadata === undefined ? undefined : Number(metadata.resourceVersion));
  }
}

function keyOf({ resource, namespace, name }: ObjectKey): string {
  return `${resource} ${namespace}/${name}`;
}

/** Whether an object is one of those that every cluster has. */
function isOfEveryCluster({ resource, namespace, name }: ObjectKey): boolean {
  if (resource === 'namespaces') return NAMESPACES.includes(name);
  if (resource === 'configmaps') return namespace === 'kube-system' && name === PROXY_AUTHENTICATION;
  if (resource === CLASSES) return SYSTEM_PRIORITIES.has(name);
  if (resource === FLOW_SCHEMAS) return FLOW_DEFAULTS.schemas.some(({ metadata }) => metadata.name === name);
  if (resource === FLOW_LEVELS) return FLOW_DEFAULTS.levels.some(({ metadata }) => metadata.name === name);
  const isEndpoint = ['services', 'endpoints', 'endpointslices.discovery.k8s.io'].includes(resource);
  return isEndpoint && namespace === 'default' && name === 'kubernetes';
}

/** Creates what is missing; corrects an endpoint that has moved; leaves the rest as users made it. */
function changeFor(
  projection: Projection,
  resource: ResourceId,
  namespace: string,
  object: KubeObject,
): Pick<AnyCommand, 'type' | 'data'> | undefined {
  const name = object.metadata.name ?? '';
  const there = projection.get(resource, namespace, name) as KubeObject | undefined;
  if (there === undefined) return { type: 'CreateObject', data: { resource, namespace, object } };
  const addresses = ['subsets', 'endpoints', 'ports', 'data'];
  const differs = addresses.some((field) => JSON.stringify(there[field]) !== JSON.stringify(object[field]));
  if (!differs || resource === 'namespaces' || resource === 'services') return undefined;
  return { type: 'ReplaceObject', data: { resource, namespace, name, object } };
}

function objectOf(resource: BuiltIn, metadata: KubeObject['metadata'], fields: object = {}): KubeObject {
  const row = builtIn(resource);
  return { apiVersion: storedApiVersion(row), kind: row.kind, metadata, ...fields };
}

/** By which servers of APIServices know the api, and where it tells them who asks (kube-apiserver's --requestheader flags). */
function proxyAuthentication(authority: string): KubeObject {
  const data = {
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': authority,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  };
  return objectOf('configmaps', { name: PROXY_AUTHENTICATION, namespace: 'kube-system' }, { data });
}

function priorityClass(name: string, value: number): KubeObject {
  const whose = name === 'system-node-critical' ? 'its node' : 'the cluster';
  return objectOf(CLASSES, { name }, { value, description: `For pods that ${whose} can not do without.` });
}

/** Directories on the node where a claim's first pod runs; nothing limits how much is written into them. */
const LOCAL_CLASS = objectOf(
  STORAGE_CLASSES,
  { name: 'local', annotations: { [VOLUME_ANNOTATIONS.isDefaultClass]: 'true' } },
  {
    provisioner: LOCAL_PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  },
);

function kubernetesService({ serviceCidr, port }: ApiConfig): KubeObject {
  return objectOf(
    'services',
    { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    {
      spec: {
        type: 'ClusterIP',
        // As in Kubernetes of the primary family alone, and the first address behind the network's own.
        clusterIP: formatIp(serviceCidr.v4.base + 1),
        ports: [{ name: PORT_NAME, protocol: 'TCP', port: 443, targetPort: port }],
        sessionAffinity: 'None',
      },
    },
  );
}

function kubernetesEndpoints({ advertiseAddress, port }: ApiConfig): KubeObject {
  return objectOf(
    'endpoints',
    { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    { subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: PORT_NAME, port, protocol: 'TCP' }] }] },
  );
}

function kubernetesSlice({ advertiseAddress, port }: ApiConfig): KubeObject {
  return objectOf(
    'endpointslices.discovery.k8s.io',
    { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    {
      addressType: advertiseAddress.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
      ports: [{ name: PORT_NAME, port, protocol: 'TCP' }],
    },
  );
}
