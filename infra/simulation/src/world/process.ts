import type { Task } from './virtual-time';

/** What a task of a process is: a timer of its own, or something that its sockets bring. */
export type TaskKind = 'timer' | 'arrival';

interface Held {
  readonly kind: TaskKind;
  readonly run: () => void;
}

/**
 * A process of the simulated cluster: everything that its code asks for (timers, messages, answers of the database)
 * belongs to it, so that it can be paused as by SIGSTOP, and ended as by SIGKILL, while the others go on.
 */
export class SimProcess {
  state: 'running' | 'paused' | 'ended' = 'running';
  /** How far this machine's clock is from the true one, in milliseconds. */
  skew = 0;
  readonly held: Held[] = [];
  /** Timers that wait: forgotten when it ends, so that nothing of it stays in memory. */
  readonly timers = new Set<Task>();
  readonly #onEnd = new Set<() => void>();

  constructor(
    /** `journal-1`: the same for the one that is started after this one has ended. */
    readonly name: string,
    /** How often this name was started. */
    readonly life: number,
  ) {}

  get isEnded(): boolean {
    return this.state === 'ended';
  }

  /** Called when the process is no more: its connections break. */
  onEnd(callback: () => void): void {
    if (this.isEnded) callback();
    else this.#onEnd.add(callback);
  }

  end(): void {
    if (this.isEnded) return;
    this.state = 'ended';
    this.held.length = 0;
    for (const timer of this.timers) timer.cancelled = true;
    this.timers.clear();
    for (const callback of this.#onEnd) callback();
    this.#onEnd.clear();
  }
}
