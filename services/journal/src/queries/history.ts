import { DataSource, LessThan, type FindOptionsWhere } from 'typeorm';
import { StatusError } from '@shiplog/bus';
import { foldObject } from '@shiplog/cluster';
import type { LogEvent, ObjectKey, Queries, StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/machinery';
import { EventRow } from '../database/entities';
import { eventOfRow } from '../database/event-row';

const DEFAULT_EVENTS = 1_000;
const MAX_EVENTS = 10_000;
const DEFAULT_HISTORY = 50;
const MAX_HISTORY = 1_000;
/** JSON text of one answer, at most: an answer is one message. */
const ANSWER_BYTES = 700_000;

/** What the log tells of the past, by SQL. */
export class History {
  constructor(private readonly dataSource: DataSource) {}

  /** The events of channels after a position, oldest first. Throws 410 when some of them are no longer kept. */
  async events(ask: Queries['events']['ask'], head: number): Promise<Queries['events']['answer']> {
    const limit = Math.min(ask.limit ?? DEFAULT_EVENTS, MAX_EVENTS);
    const upTo = Math.min(ask.upTo ?? head, head);
    await this.#refuseIfGone(ask.after);
    const query = this.dataSource
      .getRepository(EventRow)
      .createQueryBuilder('e')
      .where('e.position > :after and e.position <= :upTo', { after: ask.after, upTo });
    const any = ask.channels.map(
      ({ node }, i) => `(e.resource = :r${i}${node === undefined ? '' : ` and e.node = :n${i}`})`,
    );
    query.andWhere(any.length === 0 ? 'false' : `(${any.join(' or ')})`);
    ask.channels.forEach(({ resource, node }, i) =>
      query.setParameters({ [`r${i}`]: resource, [`n${i}`]: node ?? '' }),
    );
    const rows = await query
      .orderBy('e.position')
      .limit(limit + 1)
      .getMany();
    const events = fitting(rows.slice(0, limit).map(eventOfRow));
    return { events, more: rows.length > events.length, position: head };
  }

  /** The last events of one object or of the whole cluster, newest first. */
  async history({ key, before, limit = DEFAULT_HISTORY }: Queries['history']['ask']): Promise<LogEvent[]> {
    const where: FindOptionsWhere<EventRow> = {
      ...(key === undefined ? {} : { resource: key.resource, namespace: key.namespace, name: key.name }),
      ...(before === undefined ? {} : { position: LessThan(before) }),
    };
    const rows = await this.dataSource
      .getRepository(EventRow)
      .find({ where, order: { position: 'DESC' }, take: Math.min(limit, MAX_HISTORY) });
    return fitting(rows.map(eventOfRow));
  }

  /**
   * One object as it was at a position, folded from its own events; `unknown` when its first one is no longer kept.
   */
  async objectAt(key: ObjectKey, at: number): Promise<StoredObject | 'none' | 'unknown'> {
    const repository = this.dataSource.getRepository(EventRow);
    const rows = await repository
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
    const events = rows.map(eventOfRow);
    const [first] = events;
    if (first === undefined) return (await this.#firstKept()) > 1 ? 'unknown' : 'none';
    if (first.data.object === undefined && !first.type.endsWith('Deleted')) return 'unknown';
    return events.reduce<StoredObject | undefined>(foldObject, undefined) ?? 'none';
  }

  async #refuseIfGone(after: number): Promise<void> {
    const first = await this.#firstKept();
    if (after + 1 >= first) return;
    throw new StatusError(statusOf.expired(`events after ${after} are no longer kept: the log begins at ${first}`));
  }

  async #firstKept(): Promise<number> {
    const rows = await this.dataSource.query<{ first: string | null }[]>(
      `select min(substring(inhrelid::regclass::text from 'events_(\\d+)_')::bigint) as first
         from pg_inherits where inhparent = 'events'::regclass`,
    );
    return Math.max(1, Number(rows[0]?.first ?? 1));
  }
}

/** As many as one message can carry, at least one. */
function fitting(events: LogEvent[]): LogEvent[] {
  let bytes = 0;
  const end = events.findIndex((event, i) => {
    bytes += Buffer.byteLength(JSON.stringify(event));
    return i > 0 && bytes > ANSWER_BYTES;
  });
  return end < 0 ? events : events.slice(0, end);
}
