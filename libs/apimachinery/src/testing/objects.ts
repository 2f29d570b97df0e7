import {
  builtIn,
  type BuiltIn,
  type KubeObject,
  type KubeStatus,
  type PodSpec,
  type ServiceSpec,
  type StoredObject,
} from '@shiplog/contracts';
import type { VersionedResource } from '../catalog/catalog';
import type { Result } from '../result';
import { asStored, expectedAt, type Expected } from '../schema/decode';

export const SEED = '6f2a1c34-0000-4000-8000-000000000001';

/** A built-in resource in the version that is stored. */
export function versioned(resource: BuiltIn): VersionedResource {
  return asStored(builtIn(resource));
}

/** What objects of a built-in resource must be, or what its subresource takes. */
export function expected(resource: BuiltIn, subresource?: string): Expected {
  return expectedAt(versioned(resource), subresource);
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

/** The value of a result that went well; fails the test with the rejection's words when it did not. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.status.message}`);
  return result.value;
}

/** The rejection; fails the test when there is none. */
export function rejectionOf(result: Result<unknown>): KubeStatus {
  if (result.ok) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
  return result.status;
}

/** The fields that a 422 complains about. */
export function fieldsOf(result: Result<unknown>): (string | undefined)[] {
  return rejectionOf(result).details?.causes?.map((cause) => cause.field) ?? [];
}

/** What a 422 complains about, each as `field: message`; nothing when the object was admitted. */
export function causesOf(result: Result<unknown>): string[] {
  if (result.ok) return [];
  return result.status.details?.causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
}
