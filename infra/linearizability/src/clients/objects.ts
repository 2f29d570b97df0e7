import type { Operation } from '../checker/operation';

/** Objects that are written to at any time: few, so that clients meet. */
const SLOTS = 5;
/** Operations on one object, about; then its place is taken by another, so that the checker's work stays small. */
const MOST_OPERATIONS = 120;
/** Unanswered writes of one object, at most: each doubles what the checker may have to try. */
const MOST_OPEN = 6;
/** Versions of an object that are remembered, to expect one of them. */
const REMEMBERED = 4;

interface Slot {
  generation: number;
  operations: number;
  open: number;
  versions: number[];
}

/** Which objects clients write to, what they know of them, and all that was done. */
export class Objects {
  readonly history: Operation[] = [];
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => fresh(0));
  #tokens = 0;

  constructor(readonly slots = SLOTS) {}

  /** The object that has a place now. */
  key(slot: number): string {
    return `r${slot}-${this.#slots[slot]?.generation ?? 0}`;
  }

  get keys(): string[] {
    return this.#slots.map((_, slot) => this.key(slot));
  }

  /** A value that no other write brings. */
  newToken(): string {
    return `t${++this.#tokens}`;
  }

  /** Versions that were seen of the object that has a place now, newest first. */
  versions(slot: number): readonly number[] {
    return this.#slots[slot]?.versions ?? [];
  }

  /** Takes an operation down; those that found the object in its place also count for when it is replaced. */
  record(operation: Operation): void {
    this.history.push(operation);
    const index = this.keys.indexOf(operation.key);
    const slot = this.#slots[index];
    if (slot === undefined) return;
    const { answer, call } = operation;
    slot.operations += 1;
    if (answer === undefined && call.kind !== 'read') slot.open += 1;
    if (answer !== undefined && 'version' in answer && answer.version !== undefined) {
      slot.versions = [answer.version, ...slot.versions.filter((version) => version !== answer.version)]
        .sort((a, b) => b - a)
        .slice(0, REMEMBERED);
    }
    if (slot.operations >= MOST_OPERATIONS || slot.open >= MOST_OPEN) this.#slots[index] = fresh(slot.generation + 1);
  }
}

function fresh(generation: number): Slot {
  return { generation, operations: 0, open: 0, versions: [] };
}
