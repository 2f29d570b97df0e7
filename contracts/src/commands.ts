import type { SchedulingDecision } from './decisions';
import type { KubeStatus, PodStatus } from './generated/kubernetes';
import type { KubeObject, ObjectKey } from './objects';
import type { ResourceId } from './resources';

export type PatchType = 'json' | 'merge' | 'strategic';
/** What dependents of a deleted object see: Kubernetes' three garbage collection modes. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** Options of a delete, as Kubernetes' DeleteOptions has them. */
export interface DeletionOptions {
  /** Seconds; 0 removes a pod without waiting for its containers. */
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  /** Refused (409) when the object is another one by now. */
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** Which pod: the uid guards against another pod of the same name. */
export interface PodRef {
  namespace: string;
  name: string;
  uid: string;
}

/** The data of each command type. */
export interface CommandData {
  /** Creates an object; defaults, validates, and stamps name, uid and time. */
  CreateObject: { resource: ResourceId; namespace: string; object: KubeObject; dryRun?: boolean };
  /** Replaces an object or, with `subresource` (status, scale, finalize), that part of it. */
  ReplaceObject: ObjectKey & { subresource?: string; object: KubeObject; dryRun?: boolean };
  /** Patches an object or a part of it; the journal applies the patch, so it never races another write. */
  PatchObject: ObjectKey & { subresource?: string; patchType: PatchType; patch: unknown; dryRun?: boolean };
  DeleteObject: ObjectKey & DeletionOptions & { dryRun?: boolean };
  /** Deletes what the selectors choose, in one commit. */
  DeleteCollection: {
    resource: ResourceId;
    namespace: string;
    labelSelector?: string;
    fieldSelector?: string;
  } & DeletionOptions & {
      dryRun?: boolean;
    };
  /**
   * A scheduler's choices: each item is accepted or refused on its own (`results` of the reply, in order). An item's
   * `cause` goes before the command's: the pods of a batch became known by different events.
   */
  BindPods: { bindings: (PodRef & { node: string; cause?: number; decision?: SchedulingDecision })[] };
  /** Pods that fit nowhere, with the sentence that says why; `cause` as in BindPods. */
  MarkPodsUnschedulable: { pods: (PodRef & { message: string; cause?: number; decision: SchedulingDecision })[] };
  /** What a kubelet saw of its pods; each differing container or condition becomes an event of its own name. */
  ReportPods: { node: string; pods: (PodRef & { status: PodStatus })[] };
}

export type CommandType = keyof CommandData;

/** Every command type once, for subscriptions and documents. */
export const COMMAND_TYPES = [
  'CreateObject',
  'ReplaceObject',
  'PatchObject',
  'DeleteObject',
  'DeleteCollection',
  'BindPods',
  'MarkPodsUnschedulable',
  'ReportPods',
] as const satisfies readonly CommandType[];

/** A command as it travels, in JSON, on `shiplog.v1.command.<type>`. */
export interface Command<T extends CommandType = CommandType> {
  /** Names the command for good: the same id again gets the first one's answer. At most 200 characters. */
  id: string;
  type: T;
  /** Who asks; see `LogEvent.actor`. */
  actor: string;
  cause?: number;
  basis?: number;
  data: CommandData[T];
}

/** A command of any type, discriminated by `type`. */
export type AnyCommand = { [T in CommandType]: Command<T> }[CommandType];

/** What became of one item of a command that has several. */
export type ItemResult = { ok: true; position: number } | { ok: false; status: KubeStatus };

/** The journal's answer. `status` is what Kubernetes would answer in the same case. */
export type CommandReply =
  | {
      ok: true;
      /** Of the command's last event; the object's resourceVersion when nothing had to change. */
      position: number;
      /** The object's key, with a generated name filled in; absent for commands on several objects. */
      key?: ObjectKey;
      uid?: string;
      /** How many events the command made; 0 when the state was already as asked. */
      events: number;
      /** Only for dryRun: what would have been stored. */
      object?: KubeObject;
      /** Only for commands with several items, in their order. */
      results?: ItemResult[];
    }
  | { ok: false; status: KubeStatus };
