import {
  type KubeObject,
  type KubeStatus,
  type ObjectOf,
  type PodSpec,
  type ResourceId,
  type ServiceSpec,
  type StoredObject,
  localKey,
} from '@shiplog/contracts';
import { admitCreate } from '../admission/create';
import type { AdmissionContext, ReadonlyCluster } from '../context';
import type { Result } from '../result';
import { Allocations } from '../service-rules/allocations';

export const SEED = '6f2a1c34-0000-4000-8000-000000000001';

/** A cluster of a few objects in a map; the namespace `default` is always there. */
export class FewObjects implements ReadonlyCluster {
  readonly #objects = new Map<string, StoredObject>();

  constructor() {
    this.put('namespaces', stored({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }));
  }

  put(resource: ResourceId, object: StoredObject): this {
    this.#objects.set(`${resource} ${localKey(object.metadata.namespace ?? '', object.metadata.name)}`, object);
    return this;
  }

  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined {
    return this.#objects.get(`${resource} ${localKey(namespace, name)}`) as unknown as ObjectOf<R> | undefined;
  }

  list<R extends ResourceId>(resource: R, namespace = ''): readonly ObjectOf<R>[] {
    const found = [...this.#objects].filter(([key]) => key.startsWith(`${resource} ${namespace}`));
    return found.map(([, object]) => object) as unknown as ObjectOf<R>[];
  }

  allocations(): Allocations {
    return new Allocations(this.list('services'));
  }
}

export function admission(given: Partial<AdmissionContext> = {}): AdmissionContext {
  return {
    now: '2024-05-05T01:02:03.456Z',
    state: new FewObjects(),
    seed: SEED,
    settings: { serviceCidr: '10.96.0.0/16', clusterCidr: '10.244.0.0/16', nodePortRange: [30000, 32767] },
    actor: 'tester',
    ...given,
  };
}

/** The object as if it had been stored at position 7. */
export function stored(object: KubeObject): StoredObject {
  const metadata = { uid: SEED, creationTimestamp: '2024-05-05T01:02:03Z', resourceVersion: '7', ...object.metadata };
  return { ...object, metadata } as StoredObject;
}

export function aPod(spec: Partial<PodSpec> = {}, metadata: KubeObject['metadata'] = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: { containers: [{ name: 'app', image: 'nginx:1.27' }], ...spec },
  };
}

export function aService(spec: Partial<ServiceSpec> = {}, metadata: KubeObject['metadata'] = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  };
}

export function aController(spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { app: 'web' },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'nginx' }] } },
      ...spec,
    },
  };
}

/** The value of a result that went well; fails the test with the refusal's words when it did not. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.status.message}`);
  return result.value;
}

/** The refusal; fails the test when there is none. */
export function refusalOf(result: Result<unknown>): KubeStatus {
  if (result.ok) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
  return result.status;
}

/** The fields that a 422 complains about. */
export function fieldsOf(result: Result<unknown>): (string | undefined)[] {
  return refusalOf(result).details?.causes?.map((cause) => cause.field) ?? [];
}

/** What a 422 complains about, each as `field: message`; nothing when the object was admitted. */
export function causesOf(result: Result<unknown>): string[] {
  if (result.ok) return [];
  return result.status.details?.causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
}

/** Creates an object and answers it as stored. */
export function created<R extends ResourceId>(
  resource: R,
  object: KubeObject,
  ctx = admission(),
): ObjectOf<R> & StoredObject {
  return stored(valueOf(admitCreate(resource, object, ctx))) as ObjectOf<R> & StoredObject;
}
