import type { AdmissionContext, AdmissionRun, AnsweredQuestion, WebhookQuestion } from '@shiplog/admission';
import {
  FIELD_MANAGERS,
  OBJECT_BYTES,
  WARNINGS,
  isLargerThan,
  userOf,
  type AnyCommand,
  type CommandReply,
  type EventData,
  type Fact,
  type ItemResult,
  type KubeObject,
  type KubeStatus,
  type ObjectKey,
  type ResourceId,
  type ResourceRow,
  type StoredMeta,
  type StoredObject,
  type UserInfo,
} from '@shiplog/contracts';
import { ok, type Result, statusOf } from '@shiplog/apimachinery';
import { admissionRunOf } from './admission';
import type { ReadonlyCluster } from '../state';

/** What deciding may not find out for itself: the journal adds it on receipt, and the log keeps it. */
export interface CommandMetadata {
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** For the object that the command may create; also the seed of every choice that is free. */
  readonly uid: string;
  /** Position of the state that is decided on: of its last event. */
  readonly position: number;
  readonly settings: AdmissionContext['settings'];
  /** Of a command for which webhooks were asked: what they answered, by the keys of the questions. */
  readonly asked?: {
    readonly answers: ReadonlyMap<string, AnsweredQuestion>;
    /** Where the state stood when the first was asked: what is drawn by chance is drawn from it, so that it stays the same. */
    readonly position: number;
  };
}

/** All that a decision depends on beside the command's data: none of it changes while the command is decided. */
export interface DecisionContext {
  readonly state: ReadonlyCluster;
  readonly metadata: CommandMetadata;
  readonly actor: string;
  readonly user: UserInfo;
  /** Collects what the sender should be told beside the answer. */
  readonly warnings: string[];
  /** The policies and webhooks of the state, where there are any. */
  readonly admission?: AdmissionRun;
}

export function contextOf(state: ReadonlyCluster, command: AnyCommand, metadata: CommandMetadata): DecisionContext {
  const context = { state, metadata, actor: command.actor, user: userOf(command), warnings: [] };
  const admission = admissionRunOf(context, command, metadata.asked?.answers);
  return admission === undefined ? context : { ...context, admission };
}

const WARNING_CHARACTERS = 4_096;

/** What the sender should be told, as far as an answer has room for it. */
export function warningsOf({ warnings }: Pick<DecisionContext, 'warnings'>): string[] {
  return warnings.slice(0, WARNINGS).map((text) => text.slice(0, WARNING_CHARACTERS));
}

/** An event that was decided but has no place in the log yet. */
export interface NewEvent {
  readonly version: number;
  readonly resource: ResourceId;
  readonly fact: Fact;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  /** Goes before the command's cause: items of one command may have causes of their own. */
  readonly cause?: number;
  readonly data: EventData;
}

/** What becomes of one item: an event of the command (by its index), a position that stays, or a rejection. */
export type ItemDraft =
  | { readonly kind: 'event'; readonly index: number }
  | { readonly kind: 'unchanged'; readonly position: number }
  | { readonly kind: 'refused'; readonly status: KubeStatus };

/** A reply that lacks only the positions that its events will get. */
export interface ReplyDraft {
  readonly key?: ObjectKey;
  readonly uid?: string;
  /** Where the object (or, for several, the log) stands when the command makes no event. */
  readonly position: number;
  readonly object?: KubeObject;
  readonly items?: readonly ItemDraft[];
  /** What the sender should be told beside. */
  readonly warnings?: string[];
}

/**
 * What a command comes to. A refused one leaves no trace in the log. With `questions` it is not decided yet: webhooks are to be asked, and
 * it is to be decided again with their answers.
 */
export type Decided =
  | { readonly ok: true; readonly events: readonly NewEvent[]; readonly reply: ReplyDraft }
  | {
      readonly ok: false;
      readonly status: KubeStatus;
      readonly warnings?: string[];
      readonly questions?: readonly WebhookQuestion[];
    };

/** The answer to a command that comes to nothing. */
export function refused(status: KubeStatus): { readonly ok: false; readonly status: KubeStatus } {
  return { ok: false, status };
}

/**
 * The resource that a command means. 404 for one that does not exist at this position; 400 where the namespace is not as it must be:
 * cluster-scoped objects have none, all others need one.
 */
export function resourceOf(
  { catalog }: ReadonlyCluster,
  { resource, namespace }: Pick<ObjectKey, 'resource' | 'namespace'>,
): Result<ResourceRow> {
  const row = catalog.get(resource);
  if (row === undefined) return refused(statusOf.noSuchPath());
  const { namespaced, plural } = row;
  if (namespaced && namespace === '') {
    return refused(statusOf.badRequest(`an empty namespace may not be set when a ${plural} object is named`));
  }
  if (!namespaced && namespace !== '') return refused(statusOf.badRequest(`${plural} are not namespaced`));
  return ok(row);
}

/**
 * The object that a command means; of Events also one that is made from the log, which the command then brings: the log has no object of
 * its name yet.
 */
export function objectOf(
  { state }: Pick<DecisionContext, 'state'>,
  { resource, namespace, name, made }: ObjectKey & { made?: KubeObject },
): StoredObject | undefined {
  const object = state.get(resource, namespace, name) as StoredObject | undefined;
  if (object !== undefined || made === undefined || resource !== 'events') return object;
  const { metadata } = made;
  const isIt = metadata.name === name && metadata.namespace === namespace && typeof metadata.uid === 'string';
  return isIt ? (made as StoredObject) : undefined;
}

/**
 * 413 for an object that many small changes have made larger than any one request could: readers get it in one message, as
 * Kubernetes' etcd gets it in one request.
 */
export function sizeRejection(object: KubeObject): KubeStatus | undefined {
  const { fieldOwners } = object.metadata as Partial<StoredMeta>;
  if (fieldOwners !== undefined && Object.keys(fieldOwners).length > FIELD_MANAGERS) {
    return statusOf.tooLarge(`limit is ${FIELD_MANAGERS} managers of an object's fields`);
  }
  return isLargerThan(object, OBJECT_BYTES) ? statusOf.tooLarge(`limit is ${OBJECT_BYTES}`) : undefined;
}

/** The answer, once the command's events have their places: `count` of them from `first` on. */
export function replyOf(draft: ReplyDraft, first: number, count: number): CommandReply {
  const { key, uid, object, items, warnings } = draft;
  return {
    ok: true,
    position: count === 0 ? draft.position : first + count - 1,
    key,
    uid,
    events: count,
    object,
    results: items?.map((item) => resultOf(item, first)),
    ...(warnings === undefined ? {} : { warnings }),
  };
}

/** What became of one item, once the events have their places. */
export function resultOf(item: ItemDraft, first: number): ItemResult {
  switch (item.kind) {
    case 'event':
      return { ok: true, position: first + item.index };
    case 'unchanged':
      return { ok: true, position: item.position };
    case 'refused':
      return { ok: false, status: item.status };
  }
}
