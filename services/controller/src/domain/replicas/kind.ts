import type { ObjectOf } from '@shiplog/contracts';

/** What keeps as many pods of a template as it asks for. */
export type ReplicaResource = 'replicationcontrollers' | 'replicasets.apps';
export type Replicas<R extends ReplicaResource = ReplicaResource> = ObjectOf<R>;

/** In what one such kind differs from the other. */
export interface ReplicaKind<R extends ReplicaResource = ReplicaResource> {
  readonly resource: R;
  readonly apiVersion: string;
  readonly kind: string;
  /** Which part of Kubernetes speaks of its objects in events. */
  readonly component: string;
  /** Whether an object's selector takes these labels. */
  matches(owner: Replicas<R>, labels: Readonly<Record<string, string>> | undefined): boolean;
}
