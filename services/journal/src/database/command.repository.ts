import { Injectable } from '@nestjs/common';
import { replyOf, type ItemDraft } from '@shiplog/cluster';
import type { CommandReply, ResourceId } from '@shiplog/contracts';
import { DataSource } from 'typeorm';

/** Rows deleted at once, at most: a moment's work, and locks that nobody waits for. */
const SLICE = 2_000;

/** The commands that were answered, for as long as their answers are kept. */
@Injectable()
export class CommandRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The answers that commands had, of those ids that are known, in one query. Of a command that made events they come
   * from these; without key and uid when those are archived by now.
   */
  async answers(ids: readonly string[]): Promise<ReadonlyMap<string, CommandReply>> {
    const rows = await this.dataSource.query<AnsweredRow[]>(ANSWERS, [ids]);
    return new Map(rows.map((row) => [row.id, answerOf(row)]));
  }

  /** The newest ones, oldest first; only those not older than one that was read before, where its time is given. */
  async newest(limit: number, after?: string): Promise<{ readonly id: string; readonly at: string }[]> {
    const rows = await this.dataSource.query<{ id: string; at: string }[]>(NEWEST, [limit, after ?? '-infinity']);
    return rows.reverse();
  }

  /** Forgets some of those that are older than is kept; returns whether there may be more. Rejects less than a minute. */
  async forget(keptMs: number): Promise<boolean> {
    const [row] = await this.dataSource.query<{ gone: number }[]>('select forget_commands($1, $2) as gone', [
      Math.round(keptMs),
      SLICE,
    ]);
    return row?.gone === SLICE;
  }
}

/** As rows, not as entities: a takeover waits for tens of thousands of them. */
const NEWEST = 'select id, at::text as at from commands where at >= $2::timestamptz order by at desc limit $1';

interface AnsweredRow {
  readonly id: string;
  readonly first: string | null;
  readonly count: number;
  readonly items: readonly ItemDraft[] | null;
  readonly reply: CommandReply | null;
  readonly resource: ResourceId | null;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const ANSWERS = `
select c.id, c.first, c.count, c.items, c.reply, e.resource, e.namespace, e.name, e.uid
  from commands c left join events e on e.position = c.first and c.items is null
 where c.id = any($1)`;

function answerOf({ first, count, items, reply, resource, namespace, name, uid }: AnsweredRow): CommandReply {
  if (reply !== null) return reply;
  const position = Number(first);
  if (items !== null) return replyOf({ position, items }, position, count);
  if (resource === null) return replyOf({ position }, position, count);
  return replyOf({ position, key: { resource, namespace, name }, uid }, position, count);
}
