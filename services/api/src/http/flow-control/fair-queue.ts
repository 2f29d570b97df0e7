/** What a priority level has. */
export interface LevelLimits {
  /** Requests that it answers at a time, in seats. */
  readonly seats: number;
  /** Undefined: what finds no seat is refused. */
  readonly queuing?: { readonly queues: number; readonly handSize: number; readonly queueLength: number } | undefined;
}

/** Gives a request's seats back. Does nothing when called again. */
export type Leave = () => void;

export type Rejection = 'concurrency-limit' | 'queue-full' | 'time-out';
export type Entry = { readonly leave: Leave } | { readonly rejected: Rejection };

interface Waiting {
  readonly seats: number;
  /** When its turn comes, in seats that were taken before: its place among the requests of other queues. */
  readonly turn: number;
  readonly queue: Queue;
  readonly settle: (entry: Entry) => void;
  timer?: NodeJS.Timeout;
}

interface Queue {
  readonly index: number;
  readonly waiting: Waiting[];
  /** Seats of what waits and of what is answered. */
  load: number;
  /** The turn of what comes next to it. */
  nextTurn: number;
}

/**
 * The seats of a priority level, and the queues of what waits for them. Each queue gets its turn after as many seats as the others
 * (start-time fair queueing), so that a long one waits for itself only.
 */
export class FairQueue {
  readonly #queues = new Map<number, Queue>();
  readonly #waitingQueues = new Set<Queue>();
  #taken = 0;
  #waiting = 0;
  #turn = 0;

  #limits: LevelLimits;

  /** @param waitMs how long a request waits for its seats */
  constructor(
    limits: LevelLimits,
    private readonly waitMs: number,
  ) {
    this.#limits = limits;
  }

  get limits(): LevelLimits {
    return this.#limits;
  }

  /** Who waits already keeps to its queue. */
  set limits(limits: LevelLimits) {
    this.#limits = limits;
    this.#callNext();
  }

  /** Seats that are taken. */
  get executing(): number {
    return this.#taken;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes seats now, or once there are some; `hand` are the queues that the request may wait in. */
  enter(hand: readonly number[], seats: number): Entry | Promise<Entry> {
    const { queuing } = this.#limits;
    const isFree = this.#waiting === 0 && this.#fits(seats);
    if (queuing === undefined) return isFree ? this.#take(undefined, seats) : { rejected: 'concurrency-limit' };
    const queue = this.#shortest(hand);
    if (!isFree && queue.waiting.length >= queuing.queueLength) return { rejected: 'queue-full' };
    const turn = Math.max(this.#turn, queue.nextTurn);
    queue.nextTurn = turn + seats;
    queue.load += seats;
    if (!isFree) return this.#wait(queue, seats, turn);
    this.#turn = turn;
    return this.#take(queue, seats);
  }

  /** More than all seats there are fits when nobody else has any. */
  #fits(seats: number): boolean {
    return this.#taken === 0 ? this.#limits.seats > 0 : this.#taken + seats <= this.#limits.seats;
  }

  #shortest(hand: readonly number[]): Queue {
    let best: Queue | undefined;
    for (const index of hand) {
      const queue = this.#queues.get(index) ?? { index, waiting: [], load: 0, nextTurn: 0 };
      if (best === undefined || queue.load < best.load) best = queue;
      if (best.load === 0) break;
    }
    best ??= { index: 0, waiting: [], load: 0, nextTurn: 0 };
    this.#queues.set(best.index, best);
    return best;
  }

  #take(queue: Queue | undefined, seats: number): Entry {
    this.#taken += seats;
    let isInside = true;
    const leave = (): void => {
      if (!isInside) return;
      isInside = false;
      this.#taken -= seats;
      if (queue !== undefined) this.#unload(queue, seats);
      this.#callNext();
    };
    return { leave };
  }

  #unload(queue: Queue, seats: number): void {
    queue.load -= seats;
    if (queue.load === 0) this.#queues.delete(queue.index);
  }

  #wait(queue: Queue, seats: number, turn: number): Promise<Entry> {
    return new Promise((settle) => {
      const waiting: Waiting = { seats, turn, queue, settle };
      waiting.timer = setTimeout(() => this.#giveUp(waiting), this.waitMs).unref();
      queue.waiting.push(waiting);
      this.#waitingQueues.add(queue);
      this.#waiting += 1;
    });
  }

  #giveUp(waiting: Waiting): void {
    const { queue } = waiting;
    const place = queue.waiting.indexOf(waiting);
    if (place < 0) return;
    queue.waiting.splice(place, 1);
    this.#noLongerWaits(waiting);
    this.#unload(queue, waiting.seats);
    waiting.settle({ rejected: 'time-out' });
  }

  #noLongerWaits({ queue }: Waiting): void {
    this.#waiting -= 1;
    if (queue.waiting.length === 0) this.#waitingQueues.delete(queue);
  }

  #callNext(): void {
    for (let next = this.#next(); next !== undefined && this.#fits(next.seats); next = this.#next()) {
      next.queue.waiting.shift();
      this.#noLongerWaits(next);
      clearTimeout(next.timer);
      this.#turn = Math.max(this.#turn, next.turn);
      next.settle(this.#take(next.queue, next.seats));
    }
  }

  #next(): Waiting | undefined {
    let first: Waiting | undefined;
    for (const { waiting } of this.#waitingQueues) {
      const [head] = waiting;
      if (head !== undefined && (first === undefined || head.turn < first.turn)) first = head;
    }
    return first;
  }
}
