import type { CommitPart, LogEvent, StoredObject } from '@shiplog/contracts';
import type { Cursor } from './cursor';

/** A part of a commit, in the channel that it came on. */
export interface ReceivedPart {
  readonly cursor: Cursor;
  readonly part: CommitPart;
}

/** An event of a reassembled commit, in the channel that it is of. */
export interface ReassembledEvent {
  readonly cursor: Cursor;
  readonly event: LogEvent;
  /** The whole object after it, where its node's channel sees it for the first time. */
  readonly entering?: StoredObject;
}

/** The parts of one commit, until those of all channels that are followed are there: then it is folded as a whole. */
export class Reassembly {
  readonly #parts = new Map<string, ReceivedPart>();
  /** The channels that have a part, as far as those that are there say: only a node's speak of the node's. */
  readonly #channels = new Set<string>();

  constructor(readonly from: number) {}

  add(received: ReceivedPart): void {
    this.#parts.set(received.cursor.name, received);
    for (const name of received.part.channels) this.#channels.add(name);
  }

  /** Whether nothing of the commit is missing, of what these channels have of it. */
  isWhole(cursors: readonly Cursor[], { to }: CommitPart): boolean {
    return cursors.every(({ name, upTo }) => !this.#channels.has(name) || upTo >= to || this.#parts.has(name));
  }

  /** In the order of the log; what its channel has folded already is left out. */
  events(): ReassembledEvent[] {
    const events: ReassembledEvent[] = [];
    for (const { cursor, part } of this.#parts.values()) {
      for (const event of part.events) {
        if (event.position > cursor.last) events.push({ cursor, event, entering: part.entering?.[event.position] });
      }
    }
    // One channel's are in order already, and that is what most commits have.
    return this.#parts.size === 1 ? events : events.sort((a, b) => a.event.position - b.event.position);
  }

  /** Whether it is known which of the node's channels had a part. */
  get tellsOfNode(): boolean {
    return [...this.#parts.values()].some(({ cursor }) => cursor.isOfNode);
  }
}
