import { isCreation, isDeletion, replyOf } from '@shiplog/cluster';
import type { Channel, CommandReply, LogEvent, ObjectKey } from '@shiplog/contracts';
import type { EventRange, EventRepository } from '../../../../services/journal/src/database/event.repository';
import type { LateEvent } from '../../../../services/journal/src/database/logged-row';
import type { SnapshotRepository, StateAt } from '../../../../services/journal/src/database/snapshot.repository';
import { loadState } from '../../../../services/journal/src/history/load';
import type { SnapshotMade } from '../../../../services/journal/src/history/snapshot-maker';
import type { CommandRow, Store } from './store';

/** Events that one read of the log brings. */
const READ = 64;

/** The log, to be read. */
export class SimEvents {
  constructor(private readonly store: Store) {}

  end(): Promise<number> {
    return this.store.pooled(() => this.store.events.length);
  }

  async *read(after: number, upTo = Infinity, limit = Infinity): AsyncGenerator<LateEvent[]> {
    // One statement: it sees what was committed when it began.
    const log = await this.store.pooled(() => this.store.events.slice(after, Math.min(upTo, after + limit)));
    for (let from = 0; from < log.length; from += READ) {
      if (from > 0) await this.store.pooled(() => undefined);
      yield log.slice(from, from + READ).map((event) => ({ ...event, bytes: 0, read: () => event }));
    }
  }

  ofChannels({ channels, after, upTo, limit }: EventRange): Promise<LogEvent[]> {
    return this.store.pooled(() =>
      this.store.events
        .slice(after, upTo)
        .filter((event) => channels?.some((channel) => isOfChannel(event, channel)) ?? true)
        .slice(0, limit),
    );
  }

  newest(limit: number, { key, before = Infinity }: { key?: ObjectKey; before?: number } = {}): Promise<LogEvent[]> {
    return this.store.pooled(() =>
      this.store.events
        .filter((event) => event.position < before && (key === undefined || isOf(event, key)))
        .slice(-limit)
        .reverse(),
    );
  }

  ofObject(key: ObjectKey, at: number): Promise<LogEvent[]> {
    return this.store.pooled(() => {
      const own = this.store.events.filter((event) => event.position <= at && isOf(event, key));
      const start = own.findLastIndex(({ fact }) => isCreation(fact) || isDeletion(fact));
      return own.slice(Math.max(0, start));
    });
  }
}

function isOfChannel(event: LogEvent, { resource, node }: Channel): boolean {
  return event.resource === resource && (node === undefined || event.node === node);
}

function isOf(event: LogEvent, key: ObjectKey): boolean {
  return event.resource === key.resource && event.namespace === key.namespace && event.name === key.name;
}

/** The commands that were answered; none of them is ever forgotten, as a run is shorter than answers are kept. */
export class SimCommands {
  constructor(private readonly store: Store) {}

  answers(ids: readonly string[]): Promise<ReadonlyMap<string, CommandReply>> {
    return this.store.pooled(() => {
      const rows = ids.map((id) => this.store.commands.get(id)).filter((row) => row !== undefined);
      return new Map(rows.map((row) => [row.command.id, this.#answerOf(row)]));
    });
  }

  newest(limit: number, after = ''): Promise<{ readonly id: string; readonly at: string }[]> {
    return this.store.pooled(() =>
      [...this.store.commands]
        .filter(([, { at }]) => at >= after)
        .slice(-limit)
        .map(([id, { at }]) => ({ id, at })),
    );
  }

  forget(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Made from the log, as in production. */
  #answerOf({ command: { first, count, items }, reply }: CommandRow): CommandReply {
    if (reply !== undefined) return structuredClone(reply);
    if (items !== undefined) return replyOf({ position: first, items: structuredClone(items) }, first, count);
    const event = this.store.events[first - 1];
    if (event === undefined) return replyOf({ position: first }, first, count);
    const { resource, namespace, name, uid } = event;
    return replyOf({ position: first, key: { resource, namespace, name }, uid }, first, count);
  }
}

/** Commands sent without waiting are not simulated: nothing is ever noted. */
export class SimDeadLetters {
  begin(): Promise<ReadonlyMap<string, { readonly alone: boolean }>> {
    return Promise.resolve(new Map());
  }

  async beginAlone(): Promise<void> {}

  async end(): Promise<void> {}

  async bury(): Promise<void> {}

  async forgetNotes(): Promise<void> {}
}

/** Snapshots: whole, or not there. */
export class SimSnapshots {
  constructor(private readonly store: Store) {}

  async load(atMost = Infinity): Promise<StateAt | undefined> {
    const position = await this.newest(atMost);
    if (position === undefined) return undefined;
    const { state, channels } = await this.store.pooled(() => this.store.snapshots.get(position) as StateAt);
    return { position, state: state.copy(), channels: { ...channels } };
  }

  save({ position, state, channels }: StateAt, epoch: number): Promise<'saved' | 'deposed'> {
    const kept = { position, state: state.copy(), channels: { ...channels } };
    return this.store.pooled(() => {
      if (epoch < this.store.epoch) return 'deposed';
      this.store.snapshots.set(position, kept);
      this.store.onSnapshot?.(kept);
      return 'saved';
    });
  }

  newest(atMost = Infinity): Promise<number | undefined> {
    return this.store.pooled(() => this.#positions().findLast((position) => position <= atMost));
  }

  oldest(atLeast: number): Promise<number | undefined> {
    return this.store.pooled(() => this.#positions().find((position) => position >= atLeast));
  }

  async thin(keep: number): Promise<void> {
    await this.store.pooled(() => {
      for (const position of this.#positions().slice(1, -keep)) this.store.snapshots.delete(position);
    });
  }

  async dropBefore(): Promise<void> {
    await Promise.resolve();
  }

  #positions(): number[] {
    return [...this.store.snapshots.keys()].sort((a, b) => a - b);
  }
}

/** One partition that never leaves. */
export class SimPartitions {
  list(): Promise<never[]> {
    return Promise.resolve([]);
  }

  firstKept(): Promise<number> {
    return Promise.resolve(1);
  }

  makeRoom(): Promise<number> {
    return Promise.resolve(Number.MAX_SAFE_INTEGER);
  }
}

/** Makes snapshots as the thread does, from the log, in the process of the journal that wants them. */
export class SimSnapshotMaker {
  constructor(private readonly store: Store) {}

  async make(epoch: number, signal: AbortSignal): Promise<SnapshotMade> {
    const snapshots = new SimSnapshots(this.store) as unknown as SnapshotRepository;
    const at = await loadState({ events: new SimEvents(this.store) as unknown as EventRepository, snapshots });
    signal.throwIfAborted();
    const outcome = await snapshots.save(at, epoch);
    return { outcome, position: at.position, objects: at.state.size() };
  }
}
