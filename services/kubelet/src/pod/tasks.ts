import { backOffMs } from '@shiplog/wait';
import { AGAIN, BACK_OFF, type Awaited, type Outcome } from './outcome';
import type { Task } from './domain/view';

/** A task that is done so often within `CALM_MS` and is still to be done has no effect: it goes on at a slower pace. */
const FREE_ROUNDS = 3;
const CALM_MS = 15_000;

interface Entry {
  running: boolean;
  failures: number;
  /** Times it was done without `CALM_MS` between them. */
  rounds: number;
  doneAt: number;
  /** Epoch milliseconds. */
  notBefore: number;
  awaits: Awaited | undefined;
}

export interface TasksOptions {
  /** A task has ended, whichever way. */
  readonly ended: () => void;
  /** A task has thrown; it is tried again after its back-off. */
  readonly failed: (task: Task, error: unknown) => void;
  readonly now?: () => number;
}

/**
 * The tasks of one pod: each under way at most once, and none begun again before its outcome allows it. Nothing that a
 * task comes to, also not success without effect, lets it be begun over and over.
 */
export class Tasks {
  readonly #entries = new Map<Task, Entry>();
  readonly #times: Record<Awaited, number> = { sandbox: 0 };
  readonly #now: () => number;

  constructor(private readonly options: TasksOptions) {
    this.#now = options.now ?? Date.now;
  }

  get busy(): ReadonlySet<Task> {
    return new Set([...this.#entries].filter(([, { running }]) => running).map(([task]) => task));
  }

  /** The next time at which a task that waits may be begun, epoch milliseconds; Infinity when none waits. */
  get nextAt(): number {
    const now = this.#now();
    let next = Infinity;
    for (const { running, notBefore } of this.#entries.values())
      if (!running && notBefore > now) next = Math.min(next, notBefore);
    return next;
  }

  /** Begins a task unless it goes on already or has to wait; returns whether it was begun. */
  launch(task: Task, work: () => Promise<Outcome>): boolean {
    const entry = this.#entries.get(task) ?? newEntry();
    if (entry.running || entry.notBefore > this.#now()) return false;
    this.#entries.set(task, entry);
    entry.running = true;
    entry.awaits = undefined;
    const before = { ...this.#times };
    void this.#run(task, work).then((outcome) => {
      entry.running = false;
      this.#settle(entry, outcome, before);
      this.#forgetOld();
      this.options.ended();
    });
    return true;
  }

  /** Who waits for this waits no longer. */
  happened(event: Awaited): void {
    this.#times[event]++;
    for (const entry of this.#entries.values()) if (entry.awaits === event) release(entry);
  }

  /** What failed may be tried at once: the reason may be gone. */
  hurry(): void {
    for (const entry of this.#entries.values()) if (!entry.running && entry.failures > 0) release(entry);
  }

  async #run(task: Task, work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (error) {
      this.options.failed(task, error);
      return AGAIN;
    }
  }

  #settle(entry: Entry, outcome: Outcome, before: Readonly<Record<Awaited, number>>): void {
    const now = this.#now();
    if (outcome.kind === 'done') {
      entry.rounds = now - entry.doneAt < CALM_MS ? entry.rounds + 1 : 0;
      entry.failures = 0;
      entry.doneAt = now;
      entry.notBefore = entry.rounds < FREE_ROUNDS ? 0 : now + backOffMs(entry.rounds - FREE_ROUNDS + 1, BACK_OFF);
      return;
    }
    entry.failures++;
    if (outcome.kind === 'again') {
      entry.notBefore = now + (outcome.afterMs ?? backOffMs(entry.failures, BACK_OFF));
      return;
    }
    // It may have happened after the task had looked for it, and would then be waited for in vain.
    const missed = this.#times[outcome.event] !== before[outcome.event];
    entry.awaits = missed ? undefined : outcome.event;
    entry.notBefore = missed ? 0 : now + (outcome.atLatestMs ?? backOffMs(entry.failures, BACK_OFF));
  }

  /** Tasks are named after containers, which come and go. */
  #forgetOld(): void {
    const old = this.#now() - CALM_MS;
    for (const [task, { running, notBefore, doneAt }] of this.#entries)
      if (!running && notBefore < old && doneAt < old) this.#entries.delete(task);
  }
}

function newEntry(): Entry {
  return { running: false, failures: 0, rounds: 0, doneAt: -Infinity, notBefore: 0, awaits: undefined };
}

function release(entry: Entry): void {
  entry.awaits = undefined;
  entry.notBefore = 0;
}
