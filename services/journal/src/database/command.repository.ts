import { Injectable } from '@nestjs/common';
import { replyOf, type ItemDraft } from '@shiplog/cluster';
import type { CommandReply } from '@shiplog/contracts';
import { DataSource } from 'typeorm';
import type { LoggedCommand } from './append';
import { CommandRow, EventRow } from './entities';

/** The commands that the log has answered. */
@Injectable()
export class CommandRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Those of the ids that made events. */
  async find(ids: readonly string[]): Promise<LoggedCommand[]> {
    const rows = await this.dataSource
      .getRepository(CommandRow)
      .createQueryBuilder('c')
      .where('c.id = any(:ids)', { ids: [...ids] })
      .getMany();
    return rows.map(loggedCommand);
  }

  /** The newest ones, oldest first. */
  async newest(limit: number): Promise<LoggedCommand[]> {
    const rows = await this.dataSource.getRepository(CommandRow).find({ order: { first: 'DESC' }, take: limit });
    return rows.reverse().map(loggedCommand);
  }

  /** The answer that a command had, from its events; without key and uid when those are archived by now. */
  async replyTo({ first, count, items }: LoggedCommand): Promise<CommandReply> {
    if (items !== undefined) return replyOf({ position: first, items }, first, count);
    const event = await this.dataSource.getRepository(EventRow).findOneBy({ position: first });
    if (event === null) return replyOf({ position: first }, first, count);
    const { resource, namespace, name, uid } = event;
    return replyOf({ position: first, key: { resource, namespace, name }, uid }, first, count);
  }
}

function loggedCommand({ id, first, count, items }: CommandRow): LoggedCommand {
  return { id, first, count, items: (items as readonly ItemDraft[] | null) ?? undefined };
}
