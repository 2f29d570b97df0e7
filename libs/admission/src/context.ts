import type { Catalog } from '@shiplog/apimachinery';
import type { ObjectOf, ResourceId, UserInfo } from '@shiplog/contracts';
import type { ReadonlyRights } from '@shiplog/authorization';
import type { ReadonlyQuotaLedger } from './plugins/resource-quota/ledger';
import type { AdmissionHooks } from './dynamic/hooks';
import type { AdmissionRun } from './dynamic/run';
import type { ReadonlyAllocations } from './service-rules/allocations';

/** What admission may look at of the cluster: the state right before the command. `ClusterState` satisfies it. */
export interface ReadonlyCluster {
  /** What resources there are. */
  readonly catalog: Catalog;
  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined;
  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[];
  /** What the services of this state hold. */
  allocations(): ReadonlyAllocations;
  /** Who may do what. */
  rights(): ReadonlyRights;
  /** What the objects of a namespace use of what quotas limit. */
  quotaLedger(namespace: string): ReadonlyQuotaLedger;
  /** What of this state has a say in writes. */
  admissionHooks(): AdmissionHooks;
}

/** Everything that a decision about one write depends on beside the object itself: no clock, no chance, no I/O. */
export interface AdmissionContext {
  /** When the journal received the command, RFC 3339. */
  readonly now: string;
  readonly state: ReadonlyCluster;
  /** The new object's uid; generated names, addresses and ports are drawn from it. */
  readonly seed: string;
  readonly settings: {
    /** Where ClusterIPs come from, for example `10.96.0.0/16`. */
    readonly serviceCidr: string;
    /** Where nodes' parts of the pod network are, for example `10.244.0.0/16`. */
    readonly clusterCidr: string;
    /** First and last NodePort, both included. */
    readonly nodePortRange: readonly [number, number];
  };
  /** Who asks: everything that a policy, a webhook or the object itself may say of them. */
  readonly user: UserInfo;
  /** Of the version in which the object (or its patch) is written. Default: that in which it is stored. */
  readonly apiVersion?: string;
  /** Collects what the client should be told beside the answer. */
  readonly warnings?: string[];
  /** The namespace of the request's path, when the caller knows it: the object's own must be the same or absent. */
  readonly namespace?: string;
  /** The policies and webhooks of the cluster, as far as there are any; absent: nobody has a say. */
  readonly dynamic?: AdmissionRun;
}
