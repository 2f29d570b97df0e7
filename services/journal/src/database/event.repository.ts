import { Injectable } from '@nestjs/common';
import type { Channel, LogEvent, ObjectKey } from '@shiplog/contracts';
import type { ClientBase } from 'pg';
import { DataSource, LessThan, type FindOptionsWhere, type Repository } from 'typeorm';
import { EventRow } from './entities';
import { eventOfRow } from './event-row';
import type { LateEvent } from './logged-row';
import { borrowClient } from './pooled-client';
import { readLog } from './read-log';

/** Which events are wanted, of channels (undefined: of all resources): positions `after` (exclusive) to `upTo` (inclusive), `limit` of them at most. */
export interface EventRange {
  readonly channels: readonly Channel[] | undefined;
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
}

/** The events of the log, to be read. Only a writer's appender adds to them. */
@Injectable()
export class EventRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The position of the last event; 0 when there is none. */
  async end(): Promise<number> {
    return (await this.#rows.maximum('position')) ?? 0;
  }

  /**
   * The log from after one position up to another (inclusive; default: its end), in order, in batches as they arrive.
   * Throws BrokenLog when a position is missing.
   * @param limit events at most
   */
  read(after: number, upTo?: number, limit?: number): AsyncGenerator<LateEvent[]> {
    return this.#lent((client) => readLog(client, { after, upTo, limit }));
  }

  async *#lent<T>(read: (client: ClientBase) => AsyncGenerator<T>): AsyncGenerator<T> {
    const { client, giveBack } = await borrowClient(this.dataSource);
    let how: 'finished' | 'unfinished' = 'unfinished';
    try {
      yield* read(client);
      how = 'finished';
    } finally {
      await giveBack(how);
    }
  }

  /** The events of any of the channels, oldest first. */
  async ofChannels({ channels, after, upTo, limit }: EventRange): Promise<LogEvent[]> {
    if (channels?.length === 0) return [];
    const inOrder = this.#rows
      .createQueryBuilder('e')
      .where('e.position > :after and e.position <= :upTo', { after, upTo })
      .orderBy('e.position')
      .limit(limit);
    const rows = await (channels === undefined ? inOrder : inOrder.andWhere(...isOfAny(channels))).getMany();
    return rows.map(eventOfRow);
  }

  /** The last events of one object or of the whole cluster, before a position where one is given; newest first. */
  async newest(limit: number, { key, before }: { key?: ObjectKey; before?: number } = {}): Promise<LogEvent[]> {
    const where: FindOptionsWhere<EventRow> = {
      ...(key === undefined ? {} : { resource: key.resource, namespace: key.namespace, name: key.name }),
      ...(before === undefined ? {} : { position: LessThan(before) }),
    };
    const rows = await this.#rows.find({ where, order: { position: 'DESC' }, take: limit });
    return rows.map(eventOfRow);
  }

  /**
   * The events that made an object what it was at a position, oldest first: from its last creation or deletion until
   * then, or from the first that is kept.
   */
  async ofObject(key: ObjectKey, at: number): Promise<LogEvent[]> {
    const rows = await this.#rows
      .createQueryBuilder('e')
      .where('e.resource = :resource and e.namespace = :namespace and e.name = :name and e.position <= :at', {
        ...key,
        at,
      })
      .andWhere(
        `e.position >= (select coalesce(max(c.position), 1) from events c
                         where c.resource = :resource and c.namespace = :namespace and c.name = :name
                           and c.position <= :at and (c.type like '%Created' or c.type like '%Deleted'))`,
      )
      .orderBy('e.position')
      .getMany();
    return rows.map(eventOfRow);
  }

  get #rows(): Repository<EventRow> {
    return this.dataSource.getRepository(EventRow);
  }
}

/** The condition that an event is of one of some channels, and its parameters. */
function isOfAny(channels: readonly Channel[]): [condition: string, parameters: Record<string, string>] {
  const wanted = channels.map(
    ({ node }, i) => `(e.resource = :r${i}${node === undefined ? '' : ` and e.node = :n${i}`})`,
  );
  const names = channels.flatMap(({ resource, node = '' }, i) => [
    [`r${i}`, resource],
    [`n${i}`, node],
  ]);
  return [`(${wanted.join(' or ')})`, Object.fromEntries(names) as Record<string, string>];
}
