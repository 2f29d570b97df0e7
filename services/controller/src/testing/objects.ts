import type { BuiltIn, Kind, ObjectOf, OwnerReference, PodCondition, StoredMeta } from '@shiplog/contracts';
import { builtIn, CONTROLLER_VIEW, storedApiVersion } from '@shiplog/contracts';
import { guarded } from '../../../../libs/cluster/src/testing/guarded';

/** 2024-01-01T00:00:00Z: when the objects of the specs were made, unless they say otherwise. */
export const EPOCH = Date.UTC(2024, 0, 1);
export const at = (seconds: number): string => `${new Date(EPOCH + seconds * 1000).toISOString().slice(0, 19)}Z`;

let made = 0;

function object<R extends BuiltIn>(resource: R, name: string, meta: Partial<StoredMeta>, rest: object): ObjectOf<R> {
  const row = builtIn(resource);
  const metadata: StoredMeta = {
    name,
    ...(row.namespaced && { namespace: 'default' }),
    uid: `uid-${name}-${++made}`,
    resourceVersion: '1',
    creationTimestamp: at(0),
    ...meta,
  };
  return { apiVersion: storedApiVersion(row), kind: row.kind, metadata, ...rest } as unknown as ObjectOf<R>;
}

export interface PodOptions {
  labels?: Record<string, string>;
  node?: string;
  phase?: string;
  ip?: string;
  /** Its address of IPv6, where it has one. */
  ip6?: string;
  ready?: boolean;
  /** Seconds after EPOCH of the Ready condition's last transition. */
  readyAt?: number;
  /** Seconds after EPOCH of its start on its node. */
  startTime?: number;
  created?: number;
  /** Of its only container. */
  restarts?: number;
  deleting?: boolean;
  owner?: OwnerReference;
  spec?: object;
  meta?: Partial<StoredMeta>;
}

/** A pod in one line: bound, running and ready as far as the options say; and no more of it than controllers keep. */
export function pod(name: string, options: PodOptions = {}): ObjectOf<'pods'> {
  const { labels = { app: 'web' }, node, phase = 'Running', ip, ip6, ready = false, readyAt = 0 } = options;
  const conditions: PodCondition[] = [
    { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(readyAt) },
  ];
  const podIPs = ip6 === undefined ? undefined : [ip ?? '', ip6].map((address) => ({ ip: address }));
  const startTime = options.startTime === undefined ? undefined : at(options.startTime);
  const containerStatuses = [{ name: 'main', restartCount: options.restarts ?? 0 }];
  const meta: Partial<StoredMeta> = {
    labels,
    creationTimestamp: at(options.created ?? 0),
    ...(options.owner && { ownerReferences: [options.owner] }),
    ...(options.deleting && { deletionTimestamp: at(100) }),
    ...options.meta,
  };
  const spec = { containers: [{ name: 'main', image: 'main' }], nodeName: node, ...options.spec };
  return guarded(
    CONTROLLER_VIEW,
    'pods',
    object('pods', name, meta, {
      spec,
      status: { phase, startTime, podIP: ip, podIPs, conditions, containerStatuses },
    }),
  );
}

export function rc(
  name: string,
  replicas: number,
  options: { labels?: Record<string, string>; meta?: Partial<StoredMeta>; spec?: object; status?: object } = {},
): ObjectOf<'replicationcontrollers'> {
  const labels = options.labels ?? { app: 'web' };
  const spec = {
    replicas,
    selector: labels,
    template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'main' }] } },
    ...options.spec,
  };
  return object('replicationcontrollers', name, { generation: 1, ...options.meta }, { spec, status: options.status });
}

/** The reference by which `owner` controls another object. */
export function controlledBy(owner: { apiVersion: string; kind: string; metadata: StoredMeta }): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

export function service(name: string, spec: object = {}, meta: Partial<StoredMeta> = {}): ObjectOf<'services'> {
  return object('services', name, meta, {
    spec: {
      clusterIP: '10.96.0.10',
      type: 'ClusterIP',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
      ...spec,
    },
  });
}

export function node(name: string, spec: object = {}, ready?: 'True' | 'False' | 'Unknown'): ObjectOf<'nodes'> {
  const conditions = ready === undefined ? [] : [{ type: 'Ready', status: ready, lastTransitionTime: at(0) }];
  return object('nodes', name, {}, { spec, status: { conditions } });
}

export function namespace(name: string, meta: Partial<StoredMeta> = {}): ObjectOf<'namespaces'> {
  return object('namespaces', name, meta, { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
}

/** Any object with its metadata alone. */
export function bare<R extends BuiltIn>(resource: R, name: string, meta: Partial<StoredMeta> = {}, rest: object = {}) {
  return object(resource, name, meta, rest);
}

export type { Kind };
