import type { ReadonlyCluster } from '@shiplog/cluster';
import type { BuiltIn, CommandData, CommandType, KubeStatus, ObjectOf, ResourceId, Signals } from '@shiplog/contracts';
import { kubernetesTime } from '@shiplog/kube';

/** What an event made of one object: created (no `before`), changed, or deleted (no `after`). */
export interface ObjectChange<R extends ResourceId = ResourceId> {
  readonly resource: R;
  readonly position: number;
  readonly before?: ObjectOf<R>;
  readonly after?: ObjectOf<R>;
}

/** The moment of a reconciliation: read once, at the edge. */
export interface Now {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** RFC 3339 in UTC in whole seconds, as Kubernetes writes times. */
  readonly time: string;
}

/**
 * A command as a decider gives it; the runtime adds actor, cause and basis, and an id unless the decider names the
 * command itself. A name makes sense only where the same name can never stand for another wish.
 */
export type PlannedCommand = {
  [T in CommandType]: {
    type: T;
    data: CommandData[T];
    id?: string;
    /** What a user should read once the journal has accepted it, where the log itself doesn't tell. */
    note?: Note;
  };
}[CommandType];

/** A command of the attempt before that the journal refused. */
export interface Refusal {
  readonly command: PlannedCommand;
  readonly status: KubeStatus;
}

/** What is refused because its namespace is going needs no second attempt. */
export function isMoot({ details }: KubeStatus): boolean {
  return details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true;
}

/** The state that was decided on is no longer the journal's: gone, made or changed by another meanwhile. */
export function isRace({ code }: KubeStatus): boolean {
  return code === 404 || code === 409;
}

/** Refusals that an attempt hears of, at most. */
const MOST_REFUSALS = 8;

/** Of refusals that say the same of the same kind of wish, the first: what an attempt looks at is kept in the log. */
export function tellingRefusals(refused: readonly Refusal[]): readonly Refusal[] {
  const telling = new Map<string, Refusal>();
  for (const refusal of refused) {
    const { type, data } = refusal.command;
    const said = `${type} ${'resource' in data ? data.resource : ''} ${refusal.status.reason}`;
    if (!telling.has(said) && telling.size < MOST_REFUSALS) telling.set(said, refusal);
  }
  return [...telling.values()];
}

/**
 * One snapshot, one now: all that an attempt to reconcile a key may look at. With the settings of its controller it decides the
 * outcome, so that the decision can be made again from the log, years later.
 */
export interface ReconcileRequest {
  readonly state: ReadonlyCluster;
  /** Position that `state` stands at. */
  readonly position: number;
  readonly now: Now;
  /** What the journal refused in the attempt before, of each kind the first; empty after a success. */
  readonly refused: readonly Refusal[];
  /**
   * What is looked at beyond the state: a silence, a figure that was heard of, what a controller remembers. It is kept with the
   * commands that come of it, so it is JSON, and short. What is read later (a promise) is to be awaited.
   */
  readonly observe: <T>(name: string, read: () => T) => T;
}

/** A note about an object, on its way to whoever describes it. */
export type Note = Signals['note'];

/** What a reconciliation came to: what to ask of the journal, and when to look again without being told. */
export interface ReconcileResult {
  readonly commands: readonly PlannedCommand[];
  /** Position of the state that was decided on, where the attempt has waited for something: not that of its beginning. */
  readonly basis?: number;
  readonly requeueAfterMs?: number;
  /** What an operator should read in the log, for example that something has run out. */
  readonly warnings?: readonly string[];
  /** What a user should read in `kubectl describe`, beside what the log itself tells. */
  readonly notes?: readonly Note[];
}

/** Nothing to do. */
export const SETTLED: ReconcileResult = { commands: [] };

/** The keys that a change concerns. */
export type KeysOf<R extends ResourceId = ResourceId> = (
  change: ObjectChange<R>,
  state: ReadonlyCluster,
) => Iterable<string>;

/** For each watched resource: the keys that a change to one of its objects concerns. */
export type Watches = { readonly [R in BuiltIn]?: KeysOf<R> };

/**
 * A controller is a row: a name, what wakes which key, and how a key is reconciled. Reconciling is level-triggered:
 * it sees the present state, never the event that woke it.
 */
export interface Controller {
  readonly name: string;
  readonly watches: Watches;
  /** Of changes to objects of any resource, whichever there are; beside `watches`. */
  readonly watchesAll?: KeysOf;
  /**
   * Every key there is, for the first pass and for a resync: none is reconciled before all are known. Between two of them
   * the state may change; undefined stands for none, where they are far between.
   */
  allKeys(state: ReadonlyCluster): Iterable<string | undefined>;
  /** May ask something of the journal before it decides (hence the promise); the deciding itself is pure. */
  reconcile(key: string, request: ReconcileRequest): ReconcileResult | Promise<ReconcileResult>;
}

/** The keys that a change concerns for one controller. */
export function keysOfChange(controller: Controller, change: ObjectChange, state: ReadonlyCluster): Iterable<string> {
  const { watches, watchesAll } = controller;
  const watch = (Object.hasOwn(watches, change.resource) ? watches[change.resource as BuiltIn] : undefined) as
    KeysOf | undefined;
  const keys = watch?.(change, state) ?? [];
  return watchesAll === undefined ? keys : [...keys, ...watchesAll(change, state)];
}

/** A moment as deciders take it. */
export function momentOf(ms: number): Now {
  return { ms, time: kubernetesTime(ms) };
}
