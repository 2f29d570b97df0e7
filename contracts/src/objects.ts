import type {
  ConfigMap,
  Endpoints,
  EndpointSlice,
  KubeEvent,
  Lease,
  Namespace,
  Node,
  ObjectMeta,
  Pod,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
} from './generated/kubernetes';
import type { ResourceId } from './resources';

/** Any object of the API. Objects in a projection are never mutated: a change makes a new one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** The metadata of an object that the journal has accepted: the fields that it always stamps. */
export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** An object as a projection holds it. */
export interface StoredObject extends KubeObject {
  metadata: StoredMeta;
}

type Stored<T> = T & { metadata: StoredMeta };

/** The TypeScript type of each resource's stored objects. */
export interface ObjectTypes {
  namespaces: Stored<Namespace>;
  nodes: Stored<Node>;
  pods: Stored<Pod>;
  replicationcontrollers: Stored<ReplicationController>;
  services: Stored<Service>;
  endpoints: Stored<Endpoints>;
  configmaps: Stored<ConfigMap>;
  secrets: Stored<Secret>;
  serviceaccounts: Stored<ServiceAccount>;
  events: Stored<KubeEvent>;
  'endpointslices.discovery.k8s.io': Stored<EndpointSlice>;
  'leases.coordination.k8s.io': Stored<Lease>;
}

/** The stored type of one resource, for example `ObjectOf<'pods'>`. */
export type ObjectOf<R extends ResourceId> = ObjectTypes[R];

/** What names an object: `namespace` is '' for cluster-scoped resources. */
export interface ObjectKey {
  readonly resource: ResourceId;
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key inside one resource. */
export function localKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The inverse of `localKey`. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
