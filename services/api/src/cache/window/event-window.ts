import { weightOf } from '../../rest/object-bytes';
import type { Change } from './change';

/** A change with its place in the window. */
export interface Entry {
  readonly seq: number;
  readonly change: Change;
  /** What it holds on to, in bytes of JSON. */
  readonly weight: number;
}

/** What a window may hold: so many changes, and so many bytes of JSON. Trimmed by halves, it may have twice as many changes. */
export interface Capacity {
  readonly changes: number;
  readonly bytes: number;
}

/** Of a change besides its object. */
const OVERHEAD = 100;

/**
 * The recent changes of one resource, in order: what watches are served from. Every change after `floor` is here;
 * the oldest ones leave as new ones come. The newest always stays, whatever its size. Places are counted by `seq`, because changes made from signals share
 * the position of the log.
 */
export class EventWindow {
  #entries: Entry[] = [];
  #next = 0;
  #bytes = 0;

  constructor(
    private readonly capacity: Capacity,
    private floorPosition: number,
  ) {}

  /** Changes up to this position may be missing here. */
  get floor(): number {
    return this.floorPosition;
  }

  /** The place of the next change to come. */
  get next(): number {
    return this.#next;
  }

  /** What the changes here hold on to, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  push(change: Change): void {
    const object = change.after ?? change.before;
    const weight = OVERHEAD + (object === undefined ? 0 : weightOf(object));
    this.#entries.push({ seq: this.#next++, change, weight });
    this.#bytes += weight;
    // Trimmed by halves, so that a push costs little on average.
    const { changes, bytes } = this.capacity;
    if (this.#entries.length >= changes * 2) this.#drop(this.#entries.length - changes);
    if (this.#bytes > bytes) this.#drop(this.#countOver(bytes / 2));
  }

  /** Nothing up to a position is certain any more: what was heard had gaps. */
  forget(position: number): void {
    this.#entries = [];
    this.#bytes = 0;
    this.floorPosition = position;
  }

  /** How many of the oldest make the rest weigh no more than this; never the newest. */
  #countOver(bytes: number): number {
    let rest = this.#bytes;
    let count = 0;
    while (rest > bytes && count < this.#entries.length - 1) rest -= this.#entries[count++]?.weight ?? 0;
    return count;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.floorPosition = Math.max(this.floorPosition, this.#entries[count - 1]?.change.position ?? 0);
    for (let i = 0; i < count; i++) this.#bytes -= this.#entries[i]?.weight ?? 0;
    this.#entries = this.#entries.slice(count);
  }

  /** The place of the first change after a position; undefined when changes after it have left already. */
  placeAfter(position: number): number | undefined {
    if (position < this.floorPosition) return undefined;
    const index = this.#firstAfter(position);
    return this.#entries[index]?.seq ?? this.#next;
  }

  /** Changes from a place on, at most `limit`; undefined when they have left already. */
  from(seq: number, limit: number): readonly Change[] | undefined {
    const [first] = this.#entries;
    if (first === undefined) return seq < this.#next ? undefined : [];
    if (seq < first.seq) return undefined;
    return this.#entries.slice(seq - first.seq, seq - first.seq + limit).map((entry) => entry.change);
  }

  /** The latest change at or before a position of the object that `matches`; undefined when it is not here. */
  lastUpTo(position: number, matches: (change: Change) => boolean): Change | undefined {
    for (let i = this.#firstAfter(position) - 1; i >= 0; i--) {
      const entry = this.#entries[i];
      if (entry !== undefined && matches(entry.change)) return entry.change;
    }
    return undefined;
  }

  /** Whether anything changed after a position; undefined when that is no longer known. */
  changedAfter(position: number): boolean | undefined {
    if (position < this.floorPosition) return undefined;
    return this.#firstAfter(position) < this.#entries.length;
  }

  /** Index of the first entry after a position; positions never fall from entry to entry. */
  #firstAfter(position: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.change.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
