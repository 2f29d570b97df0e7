import type { AdmissionContext } from '@shiplog/admission';
import type { EventData, EventType, KubeObject, KubeStatus, ObjectKey, ResourceId } from '@shiplog/contracts';
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
}

/** All that a decision depends on beside the command's data: none of it changes while the command is decided. */
export interface DecisionContext {
  readonly state: ReadonlyCluster;
  readonly metadata: CommandMetadata;
  readonly actor: string;
}

/** An event that was decided but has no place in the log yet. */
export interface NewEvent {
  readonly type: EventType;
  readonly version: number;
  readonly resource: ResourceId;
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
}

/** What a command comes to. A refused one leaves no trace in the log. */
export type Decided =
  | { readonly ok: true; readonly events: readonly NewEvent[]; readonly reply: ReplyDraft }
  | { readonly ok: false; readonly status: KubeStatus };

export function refused(status: KubeStatus): Decided {
  return { ok: false, status };
}
