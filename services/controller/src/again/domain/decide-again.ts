import { ClusterState, ViewFold } from '@shiplog/cluster';
import { CONTROLLER_VIEW, type LogEvent, type ObjectKey, type StoredObject } from '@shiplog/contracts';
import { keysOfChange, momentOf, type Controller, type ObjectChange } from '../../runtime/domain/controller';
import { RecordedRequest } from '../../runtime/domain/noted-request';
import { planHash } from '../../runtime/domain/plan-hash';
import { decisionOf, nameOf, recordedDecisions, type Log, type RecordedDecision } from './recorded';
import { differenceOf, noteEffect, planText, type Effects } from './words';

/** What controllers ask for beside the state, as a log answers it. */
export interface PastJournal {
  /** The object as the state has it that is decided on. */
  ask(key: ObjectKey): Promise<StoredObject | null>;
  /** Resolves: what was waited for is in the state that was decided on then. */
  upToDate(): Promise<void>;
}

/** Where a log begins that does not begin with the cluster: a state under CONTROLLER_VIEW, and where it stands. */
export interface Beginning {
  readonly state: ClusterState;
  readonly position: number;
}

/** What became of the decisions of a log when they were made again. */
export interface DecidedAgain {
  /** How many came to the same, by controller. */
  readonly equal: ReadonlyMap<string, number>;
  /** Those that did not, each in a sentence. */
  readonly different: readonly string[];
  /** How many could not be made again: what they looked at is before the log's beginning. */
  readonly unknown: number;
}

/**
 * Makes every decision of the controllers again that a log has commands of, on the state that it was made on, and compares what it
 * comes to with what it came to then. A decision is compared as a whole, by the hash of its plan.
 *
 * @param log gives the log anew each time: it is read twice
 * @param controllersOver new ones, with the settings of those that decided then
 */
export async function decideAgain(
  log: () => Log,
  controllersOver: (journal: PastJournal) => readonly Controller[],
  beginning: Beginning = { state: emptyState(), position: 0 },
): Promise<DecidedAgain> {
  const decisions = await recordedDecisions(log());
  const known = decisions.filter(({ basis }) => basis >= beginning.position);
  const past = new Past(beginning, controllersOver);
  let next = 0;
  for await (const event of log()) {
    for (; next < known.length && (known[next] as RecordedDecision).basis < event.position; next++) {
      await past.decide(known[next] as RecordedDecision);
    }
    past.apply(event);
  }
  return { ...past.outcome(), unknown: decisions.length - known.length };
}

/** A state that keeps what controllers see. */
export function emptyState(): ClusterState {
  return new ClusterState(new Map(), new ViewFold(CONTROLLER_VIEW).fold);
}

/** A cluster as the controllers saw it, moving on through its log. */
class Past {
  readonly #state: ClusterState;
  #position: number;
  readonly #controllers: ReadonlyMap<string, Controller>;
  readonly #equal = new Map<string, number>();
  readonly #different = new Map<string, { decision: RecordedDecision; now: string; then: Effects }>();
  /** The command that the last event was of, where its decision is a different one. */
  #command: { id: string; then: Effects } | undefined;

  constructor({ state, position }: Beginning, controllersOver: (journal: PastJournal) => readonly Controller[]) {
    this.#state = state;
    this.#position = position;
    const ask = ({ resource, namespace, name }: ObjectKey): Promise<StoredObject | null> =>
      Promise.resolve((state.get(resource, namespace, name) as StoredObject | undefined) ?? null);
    const controllers = controllersOver({ ask, upToDate: () => Promise.resolve() });
    this.#controllers = new Map(controllers.map((controller) => [controller.name, controller]));
    for (const controller of controllers) drain(controller.allKeys(state));
  }

  async decide(decision: RecordedDecision): Promise<void> {
    const now = await this.#outcomeOf(decision);
    if (now === undefined) this.#equal.set(decision.by, (this.#equal.get(decision.by) ?? 0) + 1);
    else this.#different.set(nameOf(decision), { decision, now, then: { told: [], count: 0 } });
  }

  /** Folds an event in, and has controllers that keep something of what they see keep it. */
  apply(event: LogEvent): void {
    if (event.position <= this.#position) return;
    this.#note(event);
    const { before, after } = this.#state.apply(event);
    this.#position = event.position;
    const change = { resource: event.resource, position: event.position, before, after } as ObjectChange;
    for (const controller of this.#controllers.values()) drain(keysOfChange(controller, change, this.#state));
  }

  outcome(): Pick<DecidedAgain, 'equal' | 'different'> {
    const different = [...this.#different.values()].map(({ decision, then, now }) => differenceOf(decision, then, now));
    return { equal: this.#equal, different };
  }

  /** In words, what a decision comes to that came to something else then; undefined: it comes to the same. */
  async #outcomeOf({ by, key, basis, now, plan, observed = {} }: RecordedDecision): Promise<string | undefined> {
    const controller = this.#controllers.get(by);
    if (controller === undefined) return 'has no controller of that name';
    try {
      const request = new RecordedRequest(this.#state, basis, momentOf(now), observed);
      const { commands } = await controller.reconcile(key, request);
      return planHash(commands) === plan ? undefined : planText(commands);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Of a different decision, what came of it then. */
  #note(event: LogEvent): void {
    const decision = decisionOf(event);
    if (decision !== undefined) {
      const different = this.#different.get(nameOf(decision));
      this.#command = different && { id: event.commandId, then: different.then };
    }
    if (this.#command?.id === event.commandId) noteEffect(this.#command.then, event);
  }
}

/** What a controller gathers while it tells keys counts here, not the keys. */
function drain(keys: Iterable<unknown>): void {
  for (const key of keys) void key;
}
