import type { KubeStatus } from './generated/kubernetes';
import type { Reconciliation, SchedulingDecision } from './decisions';
import type { StoredObject } from './objects';
import type { ResourceId } from './resources';

/** Facts that can be true of an object of any kind, also of one whose kind came at run time. */
export const GENERIC_FACTS = {
  Created: 'The object came into being; the event holds it whole.',
  MetadataChanged: 'Labels, annotations, owners or finalizers changed.',
  SpecChanged: 'What is wanted of the object changed.',
  StatusChanged: 'What was observed of the object changed, with no more telling name.',
  DeletionRequested: 'The object is to go, once its finalizers or its grace period are done.',
  Deleted: 'The object is gone.',
} as const;

const REPLICAS = { ReplicasChanged: 'Another number of pods is wanted; holds from and to.' } as const;

/** By resource: changes that have a meaning of their own, and so a name of their own. */
export const NAMED_FACTS = {
  pods: {
    Scheduled: 'The scheduler (or a binding) gave the pod a node; holds the decision.',
    Unschedulable:
      'No node fits the pod now; holds how many nodes each rule refused, and who has to go so that one does.',
    Preempted: 'The pod has to go for a more important one; holds which, and from which node.',
    Adopted: 'A controller became the owner of an existing pod.',
    Released: 'A controller gave up a pod that no longer matches its selector.',
    Ready: 'The pod became ready to serve.',
    Unready: 'The pod stopped being ready.',
    Succeeded: 'Every container of the pod ended well and none will be restarted.',
    Failed: 'The pod ended, and not well.',
    ContainerStarted: 'A container of the pod runs.',
    ContainerExited: 'A container of the pod ended; holds exit code and reason.',
    ContainerWaiting: 'A container of the pod waits; holds the reason, for example ImagePullBackOff.',
  },
  replicationcontrollers: REPLICAS,
  'replicasets.apps': REPLICAS,
  'deployments.apps': REPLICAS,
  resourcequotas: {
    UsageChanged: 'What is used of the quota, or what may be, changed with the objects of its namespace.',
  },
  nodes: {
    BecameReady: 'The node takes pods (again).',
    BecameNotReady: 'The node said it cannot run pods.',
    Lost: 'The node has not been heard of for too long; holds when it last was.',
    Cordoned: 'The node takes no more pods.',
    Uncordoned: 'The node takes pods again.',
    TaintsChanged: 'Which pods the node repels changed.',
  },
} as const;

export type GenericFact = keyof typeof GENERIC_FACTS;
type NamedResource = keyof typeof NAMED_FACTS;
export type NamedFact = { [R in NamedResource]: keyof (typeof NAMED_FACTS)[R] }[NamedResource];
/** What became true of an object; what it means depends on the resource: `Ready` is a fact of pods. */
export type Fact = GenericFact | NamedFact;
/** For example `pods.Scheduled` or `leases.coordination.k8s.io.Created`. */
export type EventType = `${string}.${Fact}`;

/** An event's type as CloudEvents has one (after `shiplog.`), from what it is made of. */
export function eventType({ resource, fact }: Pick<LogEvent, 'resource' | 'fact'>): EventType {
  return `${resource}.${fact}`;
}

/** What changed of an object, by field, in the order in which it is done. What is not named stays as it was. */
export interface Changes {
  [field: string]: Change;
}

/**
 * What becomes of one field.
 * `set`: it has this value, which can be null. `unset`: it is gone. `in`: fields of the object that it holds change; where
 * it holds none, of an empty one. `items`: items of the list that it holds change.
 */
export type Change = { set: unknown } | { unset: true } | { in: Changes } | ListChange;

/** What becomes of items of a list whose items are told apart by fields that they have. */
export interface ListChange {
  /** The fields, such as `type` of conditions. */
  by: string[];
  items: ItemChange[];
}

/**
 * `in`: fields of the item with these values of `by` change; `unset`: it is gone; `set`: a new item, behind all others.
 * A value that the item lacks is null.
 */
export type ItemChange = { key: unknown[]; in: Changes } | { key: unknown[]; unset: true } | { set: unknown };

/** What an event carries. Exactly one of `object` (the first event of an object) and `changes` is present, except on `Deleted`. */
export interface EventData {
  /** The object as created, without resourceVersion (its event's position is that). */
  object?: StoredObject;
  /** What changed, against the object before. */
  changes?: Changes;
  /** How a scheduler came to its choice. */
  decision?: SchedulingDecision;
  /** How a controller came to the command: in the first of its events. */
  reconciled?: Reconciliation;
  /** What the cluster's policies and webhooks said of the command: in the first of its events. */
  admission?: AdmissionRecord;
  /** What the fact says in words of its own, for example `{ container: 'web', exitCode: 137, reason: 'OOMKilled' }`. */
  facts?: Readonly<Record<string, unknown>>;
}

/** What became of a command on its way by policies and webhooks, as far as nobody could find it out again. */
export interface AdmissionRecord {
  /** What they noted of the request (audit annotations), for example `policy.example.com/reason`. */
  annotations?: Readonly<Record<string, string>>;
  /** What webhooks answered, in the order in which they were asked: deciding it again takes no network. */
  webhooks?: readonly WebhookCall[];
}

/** What a webhook answered, or why there is no answer of it. */
export type WebhookAnswer =
  | {
      readonly allowed: boolean;
      /** Why it does not let the request pass. */
      readonly status?: Partial<KubeStatus>;
      /** JSON patch of the object that it was shown. */
      readonly patch?: readonly unknown[];
      readonly warnings?: readonly string[];
      readonly auditAnnotations?: Readonly<Record<string, string>>;
    }
  | { readonly failure: string };

/** A webhook that had a say in a command. */
export interface WebhookCall {
  readonly configuration: string;
  readonly webhook: string;
  /** That of the log at which it was asked. */
  readonly basis: number;
  readonly answer: WebhookAnswer;
}

/** One event of the log. */
export interface LogEvent {
  /** 1, 2, 3 … without gaps; also the object's `resourceVersion` from here on. */
  readonly position: number;
  /** When the journal received the command, RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** The format that the event is written in: EVENT_FORMAT, once it has been read. */
  readonly version: number;
  readonly resource: ResourceId;
  readonly fact: Fact;
  /** '' for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The node that the object belongs to from this event on ('' for none): a pod's spec.nodeName, a Node's name. */
  readonly node: string;
  /** Who: a user's name, or `system:shiplog:<service>`. */
  readonly actor: string;
  /**
   * Who vouched for that: `kind.name` of the principal whose NATS credentials sent the command, such as `node.minion-1`
   * or `api.main`. Absent in events from before senders were known.
   */
  readonly via?: string;
  /** The command that was decided. */
  readonly commandId: string;
  /** Which of the command's events this is, from 0. */
  readonly commandSeq: number;
  /** Position of the event that made the actor send the command. */
  readonly cause?: number;
  /** Position that the actor had read when it decided. */
  readonly basis?: number;
  readonly data: EventData;
}

/**
 * The format in which events are written. In the first one, a type such as `PodScheduled` stood in the place of a resource
 * and a fact, and changes were an RFC 7386 merge patch. The log keeps what was written; who reads it makes it one of today.
 */
export const EVENT_FORMAT = 2;
