import type { ClusterState } from '@shiplog/cluster';
import { Batch, type Pending, type Waiting } from './batch';
import { toLogEvent, type LoggableDecision } from './decide/for-log';

/** Of one commit, at most; one command's events are never divided. */
export interface CommitLimits {
  /** Events and answers. */
  readonly rows: number;
  readonly bytes: number;
}

/** What is decided and not committed yet: the state that the next command is decided on, and the batches on their way. */
export class Ahead {
  #state: ClusterState;
  #position: number;
  #bytes = 0;
  #next = new Batch();
  readonly #queue: Batch[] = [];

  constructor(
    committed: ClusterState,
    position: number,
    private readonly limits: CommitLimits,
  ) {
    this.#state = committed.copy();
    this.#position = position;
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** Of the last event that is decided. */
  get position(): number {
    return this.#position;
  }

  /** What all that is on its way holds in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#next.isEmpty && this.#queue.length === 0;
  }

  /** The batch that has room for so many rows and bytes; more than fits into one goes into one of its own. */
  roomFor(rows: number, bytes: number): Batch {
    const { isEmpty, rows: present, bytes: held } = this.#next;
    if (!isEmpty && (present + rows > this.limits.rows || held + bytes > this.limits.bytes)) this.close();
    return this.#next;
  }

  /** Gives a command's events their places, and folds them in; their numbers begin with `seq`. */
  place(
    batch: Batch,
    { submission }: Waiting,
    { events, texts }: LoggableDecision & { ok: true },
    time: string,
    seq = 0,
  ): void {
    events.forEach((draft, i) => {
      const event = toLogEvent(draft, submission, time, ++this.#position, seq + i);
      batch.events.push(event);
      batch.texts.push(texts[i] as string);
      batch.applied.push(this.#state.apply(event));
    });
  }

  push(batch: Batch, pending: Pending, cost: number): void {
    batch.pending.push(pending);
    batch.bytes += cost;
    this.#bytes += cost;
  }

  /** What comes next goes into another batch. */
  close(): void {
    if (this.#next.isEmpty) return;
    this.#queue.push(this.#next);
    this.#next = new Batch();
  }

  /** The batch to be committed next. */
  shift(): Batch | undefined {
    if (this.#queue.length === 0) this.close();
    return this.#queue.shift();
  }

  committed({ bytes }: Batch): void {
    this.#bytes -= bytes;
  }

  /** Begins anew from what is committed; returns what is dropped with a batch that was not, in its order. */
  drop(batch: Batch, committed: ClusterState, position: number): Pending[] {
    const dropped = [batch, ...this.#queue.splice(0), this.#next].flatMap(({ pending }) => pending);
    this.#next = new Batch();
    this.#state = committed.copy();
    this.#position = position;
    this.#bytes = 0;
    return dropped;
  }
}
