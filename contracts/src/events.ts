import type { SchedulingDecision } from './decisions';
import type { StoredObject } from './objects';
import type { Kind, ResourceId } from './resources';

/** Facts that can be true of an object of any kind; the type's name is the kind and the fact, `ServiceCreated`. */
export const GENERIC_FACTS = {
  Created: 'The object came into being; the event holds it whole.',
  MetadataChanged: 'Labels, annotations, owners or finalizers changed.',
  SpecChanged: 'What is wanted of the object changed.',
  StatusChanged: 'What was observed of the object changed, with no more telling name.',
  DeletionRequested: 'The object is to go, once its finalizers or its grace period are done.',
  Deleted: 'The object is gone.',
} as const;

/** Changes that have a meaning of their own, and so a name of their own. */
export const NAMED_FACTS = {
  PodScheduled: 'The scheduler (or a binding) gave the pod a node; holds the decision.',
  PodUnschedulable: 'No node fits the pod now; holds how many nodes each rule refused.',
  PodAdopted: 'A controller became the owner of an existing pod.',
  PodReleased: 'A controller gave up a pod that no longer matches its selector.',
  PodReady: 'The pod became ready to serve.',
  PodUnready: 'The pod stopped being ready.',
  PodSucceeded: 'Every container of the pod ended well and none will be restarted.',
  PodFailed: 'The pod ended, and not well.',
  ContainerStarted: 'A container of the pod runs.',
  ContainerExited: 'A container of the pod ended; holds exit code and reason.',
  ContainerWaiting: 'A container of the pod waits; holds the reason, for example ImagePullBackOff.',
  ReplicasChanged: 'Another number of pods is wanted; holds from and to.',
  NodeBecameReady: 'The node takes pods (again).',
  NodeBecameNotReady: 'The node said it cannot run pods.',
  NodeLost: 'The node has not been heard of for too long; holds when it last was.',
  NodeCordoned: 'The node takes no more pods.',
  NodeUncordoned: 'The node takes pods again.',
  NodeTaintsChanged: 'Which pods the node repels changed.',
} as const;

export type GenericFact = keyof typeof GENERIC_FACTS;
export type NamedFact = keyof typeof NAMED_FACTS;
/** For example `PodScheduled` or `ConfigMapCreated`. */
export type EventType = NamedFact | `${Kind}${GenericFact}`;

/** An RFC 7386 merge patch: null removes a field, an array replaces the whole array. */
export interface MergePatch {
  [field: string]: unknown;
}

/** What an event carries. Exactly one of `object` (the first event of an object) and `changes` is present, except on `Deleted`. */
export interface EventData {
  /** The object as created, without resourceVersion (its event's position is that). */
  object?: StoredObject;
  /** What changed, against the object before. */
  changes?: MergePatch;
  /** How a scheduler came to its choice. */
  decision?: SchedulingDecision;
  /** What the fact says in words of its own, for example `{ container: 'web', exitCode: 137, reason: 'OOMKilled' }`. */
  facts?: Readonly<Record<string, unknown>>;
}

/** One event of the log. */
export interface LogEvent {
  /** 1, 2, 3 … without gaps; also the object's `resourceVersion` from here on. */
  readonly position: number;
  /** When the journal received the command, RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  readonly type: EventType;
  /** Of the event type, from 1. A type's version never changes its meaning. */
  readonly version: number;
  readonly resource: ResourceId;
  /** '' for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The node that the object belongs to from this event on ('' for none): a pod's spec.nodeName. */
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

/** Version 1 of every type so far; a type listed here with a higher one has an upcaster for each lower one. */
export const EVENT_VERSIONS: Partial<Record<EventType, number>> = {};

/** The version in which events of a type are written now. */
export function eventVersion(type: EventType): number {
  return EVENT_VERSIONS[type] ?? 1;
}
