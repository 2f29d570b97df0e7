import type { LogEvent, ObjectKey } from '@shiplog/contracts';
import type { DataSource } from 'typeorm';
import { CommandRepository } from '../../../../services/journal/src/database/command.repository';
import type { LoggedCommand } from '../../../../services/journal/src/database/append';
import type { EventRange } from '../../../../services/journal/src/database/event.repository';
import type { StateAt } from '../../../../services/journal/src/database/snapshot.repository';
import type { Store } from './store';

/** Events that one read of the log brings. */
const READ = 64;

/** The log, to be read. */
export class SimEvents {
  constructor(private readonly store: Store) {}

  end(): Promise<number> {
    return this.store.pooled(() => this.store.events.length);
  }

  async *read(after: number, upTo = Infinity): AsyncGenerator<LogEvent[]> {
    for (let from = after; ; from += READ) {
      const batch = await this.store.pooled(() => this.store.events.slice(from, Math.min(from + READ, upTo)));
      if (batch.length === 0) return;
      yield batch;
    }
  }

  ofChannels({ channels, after, upTo, limit }: EventRange): Promise<LogEvent[]> {
    return this.store.pooled(() =>
      this.store.events
        .slice(after, upTo)
        .filter((event) =>
          channels.some(
            ({ resource, node }) => event.resource === resource && (node === undefined || event.node === node),
          ),
        )
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
      const start = own.findLastIndex(({ type }) => /(Created|Deleted)$/.test(type));
      return own.slice(Math.max(0, start));
    });
  }
}

function isOf(event: LogEvent, key: ObjectKey): boolean {
  return event.resource === key.resource && event.namespace === key.namespace && event.name === key.name;
}

/** The commands; the answer of one is made from the log as in production. */
export class SimCommands extends CommandRepository {
  constructor(private readonly store: Store) {
    const rows = {
      findOneBy: ({ position }: { position: number }) => store.pooled(() => store.events[position - 1] ?? null),
    };
    super({ getRepository: () => rows } as unknown as DataSource);
  }

  override find(ids: readonly string[]): Promise<LoggedCommand[]> {
    return this.store.pooled(() =>
      ids.map((id) => this.store.commands.get(id)).filter((command) => command !== undefined),
    );
  }

  override newest(limit: number): Promise<LoggedCommand[]> {
    return this.store.pooled(() => [...this.store.commands.values()].slice(-limit));
  }
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

  async save({ position, state, channels }: StateAt): Promise<void> {
    const kept = { position, state: state.copy(), channels: { ...channels } };
    await this.store.pooled(() => this.store.snapshots.set(position, kept));
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
