import { isAnswered, type Operation } from './operation';
import { ABSENT, step, type Register, type SeenVersions } from './register';
import { versionsIn } from './versions';

/** What came of looking for an order of operations that explains every answer. */
export type Verdict =
  | { readonly kind: 'linearizable'; readonly steps: number }
  /** There is none. `operations` are those that can't be brought together. */
  | { readonly kind: 'violation'; readonly problem: string; readonly operations: readonly Operation[] }
  /** The budget was spent before the search ended. */
  | { readonly kind: 'undecided'; readonly steps: number };

/** Steps of the search for one object: some seconds, and some hundred megabytes at most. */
export const STEP_BUDGET = 1_000_000;

/**
 * Whether operations on one object are linearizable: whether they can be put in an order, in which none comes after
 * one that began when it had ended, so that each answer is the one that the object gives in that order.
 *
 * The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
 * linearizability", 2017): a set of operations that led to the same state before is not tried again. An operation
 * without an answer may take effect at any time after it began, or never.
 */
export function checkObject(operations: readonly Operation[], budget = STEP_BUDGET): Verdict {
  const versions = versionsIn(operations);
  if (!versions.ok) return { kind: 'violation', problem: versions.problem, operations: versions.operations };
  return new Search(operations, versions.seen).run(budget);
}

/** A beginning or an end of an operation, in a list by time that operations can be taken out of and put back. */
interface Entry {
  readonly index: number;
  readonly operation: Operation;
  /** Undefined for the end of an operation itself, and for the beginning of one that was not answered. */
  end: Entry | undefined;
  readonly isEnd: boolean;
  before: Entry | undefined;
  after: Entry | undefined;
}

class Search {
  readonly #first: Entry | undefined;
  readonly #tried = new Set<string>();
  readonly #order: { readonly entry: Entry; readonly state: Register }[] = [];
  readonly #done: Uint8Array;
  #head: Entry | undefined;
  #state = ABSENT;
  #open: number;
  #deepest: { readonly placed: number; readonly state: Register; readonly stuck: Operation } | undefined;

  constructor(
    private readonly operations: readonly Operation[],
    private readonly versions: SeenVersions,
  ) {
    // Reads that were not answered say nothing.
    const telling = operations.filter((operation) => isAnswered(operation) || operation.call.kind !== 'read');
    this.#done = new Uint8Array(Math.ceil(telling.length / 8));
    this.#open = telling.filter(isAnswered).length;
    this.#first = linked(entriesOf(telling));
    this.#head = this.#first;
  }

  run(budget: number): Verdict {
    let entry = this.#head;
    for (let steps = 0; ; steps++) {
      if (this.#open === 0) return { kind: 'linearizable', steps };
      if (steps >= budget) return { kind: 'undecided', steps };
      if (entry !== undefined && !entry.isEnd) {
        entry = this.#place(entry) ? this.#head : entry.after;
        continue;
      }
      this.#noteStuck(entry);
      const last = this.#order.pop();
      if (last === undefined) return this.#violation();
      entry = this.#takeBack(last).after;
    }
  }

  /** Puts an operation next in the order, if it can be there and that was not tried before. */
  #place(entry: Entry): boolean {
    const next = step(this.#state, entry.operation, this.versions);
    if (next === undefined) return false;
    flip(this.#done, entry.index);
    const key = `${Buffer.from(this.#done).toString('latin1')}|${next.token ?? ''}|${next.floor}`;
    if (this.#tried.has(key)) {
      flip(this.#done, entry.index);
      return false;
    }
    this.#tried.add(key);
    this.#order.push({ entry, state: this.#state });
    this.#state = next;
    this.#remove(entry);
    if (entry.end !== undefined) {
      this.#remove(entry.end);
      this.#open--;
    }
    return true;
  }

  #takeBack({ entry, state }: { entry: Entry; state: Register }): Entry {
    this.#state = state;
    flip(this.#done, entry.index);
    if (entry.end !== undefined) {
      this.#restore(entry.end);
      this.#open++;
    }
    this.#restore(entry);
    return entry;
  }

  #remove(entry: Entry): void {
    if (entry.before === undefined) this.#head = entry.after;
    else entry.before.after = entry.after;
    if (entry.after !== undefined) entry.after.before = entry.before;
  }

  #restore(entry: Entry): void {
    if (entry.before === undefined) this.#head = entry;
    else entry.before.after = entry;
    if (entry.after !== undefined) entry.after.before = entry;
  }

  #noteStuck(entry: Entry | undefined): void {
    if (entry === undefined || this.#order.length < (this.#deepest?.placed ?? 0)) return;
    this.#deepest = { placed: this.#order.length, state: this.#state, stuck: entry.operation };
  }

  #violation(): Verdict {
    const stuck = this.#deepest?.stuck;
    const value = this.#deepest?.state.token;
    const problem =
      stuck === undefined
        ? 'no order of the operations explains the answers'
        : `no order explains the answer of ${stuck.client}'s ${stuck.call.kind} of ${stuck.key}: at best the object is then ${value === undefined ? 'absent' : `"${value}"`}`;
    return { kind: 'violation', problem, operations: stuck === undefined ? this.operations : this.#around(stuck) };
  }

  /** What overlaps the operation that has no place, and the last answered ones before it. */
  #around(stuck: Operation): Operation[] {
    const before = this.operations.filter((operation) => isAnswered(operation) && operation.completed < stuck.invoked);
    const overlaps = ({ invoked, completed = Infinity }: Operation): boolean =>
      completed >= stuck.invoked && invoked <= (stuck.completed ?? Infinity);
    const recent = [...before].sort((a, b) => (a.completed ?? 0) - (b.completed ?? 0)).slice(-12);
    return [...recent, ...this.operations.filter(overlaps)];
  }
}

function flip(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) ^ (1 << (index & 7));
}

/** By time; of the same time, beginnings first: such operations overlap. */
function entriesOf(operations: readonly Operation[]): Entry[] {
  const entries = operations.flatMap((operation, index) => {
    const fields = { index, operation, before: undefined, after: undefined, end: undefined };
    const begin: Entry & { time: number } = { ...fields, isEnd: false, time: operation.invoked };
    if (!isAnswered(operation)) return [begin];
    const end: Entry & { time: number } = { ...fields, isEnd: true, time: operation.completed };
    begin.end = end;
    return [begin, end];
  });
  return entries.sort((a, b) => a.time - b.time || Number(a.isEnd) - Number(b.isEnd));
}

function linked(entries: readonly Entry[]): Entry | undefined {
  entries.forEach((entry, index) => {
    entry.before = entries[index - 1];
    entry.after = entries[index + 1];
  });
  return entries[0];
}
