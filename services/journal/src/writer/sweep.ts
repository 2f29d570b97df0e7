import {
  chooseForDeletion,
  contextOf,
  decideDeletionOf,
  resultOf,
  withAdmission,
  withQuotaUsage,
  withReconciliation,
  type ChosenForDeletion,
  type Decided,
  type ItemDraft,
  type ReadonlyCluster,
  type CommandMetadata,
} from '@shiplog/cluster';
import type { AnyCommand, Command, CommandReply, ItemResult } from '@shiplog/contracts';
import type { Waiting } from './batch';

/** Objects in one slice: what it takes to decide, write and publish them is what another command waits at most. */
export const SLICE_OBJECTS = 100;
/** Items that an answer tells of one by one, at most; beyond, the sum must do. */
const RESULTS_LIMIT = 5_000;

/** What one slice came to: a number of events from a position on. */
export interface Slice {
  readonly objects: number;
  readonly items: readonly ItemDraft[];
  readonly first: number;
  readonly count: number;
}

/**
 * A DeleteCollection under way. What the selectors choose is fixed when it begins; then slice after slice is decided on
 * the state of its own moment and committed, with other commands between them, and one answer at the end. Kubernetes'
 * is not atomic either: it lists, then deletes one by one. Broken off by a failover, it is begun again by the sender's
 * repetition, and does the rest.
 */
export class Sweep {
  #chosen: ChosenForDeletion | undefined;
  #done = 0;
  #events = 0;
  #position = 0;
  readonly #results: ItemResult[] = [];

  constructor(
    readonly waiting: Waiting,
    private readonly data: Command<'DeleteCollection'>['data'],
  ) {}

  /** Events that it has in the log. */
  get events(): number {
    return this.#events;
  }

  /** Whether a slice of this many objects would be its last. */
  isLast(objects: number): boolean {
    return this.#done + objects >= (this.#chosen?.length ?? 0);
  }

  /** Whether it is all in one slice, and so a command like every other. */
  get isWhole(): boolean {
    return this.#done === 0 && this.isLast(SLICE_OBJECTS);
  }

  /** Objects of the next slice. */
  get nextObjects(): number {
    return Math.min(SLICE_OBJECTS, (this.#chosen?.length ?? 0) - this.#done);
  }

  /** Decides the next slice; it counts once it is committed (`take`), and until then the same one is decided again. */
  decide(state: ReadonlyCluster, command: AnyCommand, metadata: CommandMetadata): Decided {
    if (this.#chosen === undefined) {
      const chosen = chooseForDeletion(state, this.data);
      if (!chosen.ok) return chosen;
      this.#chosen = chosen.objects;
    }
    const objects = this.#chosen.slice(this.#done, this.#done + SLICE_OBJECTS);
    const context = contextOf(state, command, metadata);
    const decided = withAdmission(context, withQuotaUsage(context, decideDeletionOf(context, this.data, objects)));
    return this.#events === 0 ? withReconciliation(command, decided) : decided;
  }

  /** Takes a committed slice in. */
  take(slice: Slice): void {
    this.#done += slice.objects;
    this.#events += slice.count;
    if (slice.count > 0) this.#position = slice.first + slice.count - 1;
    this.#results.push(...resultsOf(slice));
  }

  /** The answer, were this slice the last one; `position` is where the log stood when it made no event. */
  replyWith(slice: Slice, position: number): CommandReply {
    const total = (this.#chosen?.length ?? 0) <= RESULTS_LIMIT ? [...this.#results, ...resultsOf(slice)] : undefined;
    const last = slice.count > 0 ? slice.first + slice.count - 1 : this.#position;
    const events = this.#events + slice.count;
    return { ok: true, position: last === 0 ? position : last, events, results: total };
  }
}

function resultsOf({ items, first }: Slice): ItemResult[] {
  return items.map((item) => resultOf(item, first));
}
