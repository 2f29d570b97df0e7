import { AsyncLocalStorage } from 'node:async_hooks';
import { Violation } from '../invariants/violation';
import { Random } from './random';
import { SimProcess, type TaskKind } from './process';
import { Trace } from './trace';
import { VirtualTime, type Task } from './virtual-time';

/** The real one, from before time is virtual: after it, all promises that could go on have gone on. */
const realSetImmediate = globalThis.setImmediate;
/** 2026-01-01, where each run begins. */
const BEGIN = Date.UTC(2026, 0, 1);
/** Tasks in one moment of virtual time that only a process that spins would need. */
const TASKS_OF_A_MOMENT = 20_000;

/** Looked at after every step; throws a Violation. */
export type Check = () => void;

/** One for all worlds of this Node process, which live one after the other: each more would slow down every promise. */
const whose = new AsyncLocalStorage<SimProcess>();

/** Time, chance and processes of one run: everything that happens in it follows from its seed. */
export class World {
  readonly time = new VirtualTime();
  readonly trace = new Trace(() => this.time.now);
  readonly checks: Check[] = [];
  readonly #lives = new Map<string, number>();
  readonly #random: Random;
  #steps = 0;
  #violation: Violation | undefined;

  constructor(readonly seed: number) {
    this.#random = this.random('code');
  }

  /** A source of its own for each purpose: one more question in one place changes nothing elsewhere. */
  random(purpose: string): Random {
    return Random.of(this.seed, purpose);
  }

  /** What the code of the processes gets where it asks for chance. */
  get codeRandom(): Random {
    return this.#random;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Whose code runs; undefined between the steps. */
  get current(): SimProcess | undefined {
    return whose.getStore();
  }

  /** The clock of whose code runs: epoch milliseconds. */
  get clock(): number {
    return Math.floor(BEGIN + this.time.now + (this.current?.skew ?? 0));
  }

  process(name: string): SimProcess {
    const life = (this.#lives.get(name) ?? 0) + 1;
    this.#lives.set(name, life);
    return new SimProcess(name, life);
  }

  /** Runs code as that of a process. */
  as<T>(process: SimProcess, run: () => T): T {
    return whose.run(process, run);
  }

  /** Has something happen to a process: later when it is paused by then, never when it has ended. */
  later(process: SimProcess, milliseconds: number, kind: TaskKind, run: () => void): Task {
    const task = this.time.after(milliseconds, () => {
      process.timers.delete(task);
      this.#give(process, { kind, run: () => !task.cancelled && run() });
    });
    process.timers.add(task);
    return task;
  }

  pause(process: SimProcess): void {
    if (process.state === 'running') process.state = 'paused';
  }

  /** What it has missed comes at once: timers first, as Node's event loop has it, or what its sockets hold. */
  resume(process: SimProcess, first: TaskKind): void {
    if (process.state !== 'paused') return;
    process.state = 'running';
    const held = process.held.splice(0);
    const ordered = [...held.filter(({ kind }) => kind === first), ...held.filter(({ kind }) => kind !== first)];
    for (const { kind, run } of ordered) this.later(process, 0, kind, run);
  }

  /** A violation that is seen where nothing may be thrown: in the code of a process. */
  violated(violation: Violation): void {
    this.#violation ??= violation;
  }

  /** Goes on until a moment, or until `isDone`. Throws the Violation that a check finds. */
  async run(until: number, isDone: () => boolean = () => false): Promise<void> {
    let moment = -1;
    let inMoment = 0;
    while (!isDone()) {
      const task = this.time.next(until);
      if (task === undefined) return;
      if (task.at === moment) inMoment++;
      else [moment, inMoment] = [task.at, 0];
      if (inMoment > TASKS_OF_A_MOMENT) throw new Violation('no process spins', 'time stands still: tasks without end');
      this.#steps++;
      task.run();
      await settled();
      for (const check of this.checks) this.check(check);
      this.throwIfViolated();
    }
  }

  throwIfViolated(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  check(check: Check): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violated(error);
    }
  }

  #give(process: SimProcess, held: { kind: TaskKind; run: () => void }): void {
    if (process.state === 'running') this.as(process, held.run);
    else if (process.state === 'paused') process.held.push(held);
  }
}

/** Resolves when every promise that could go on without time passing has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}
