import { Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BusMessage, Query, StreamContext } from '@shiplog/bus';
import { happenedSince, hashesOf, hashOfChannel, isMadeSince, principalReadsSince } from '@shiplog/cluster';
import {
  channelName,
  CommandQuery,
  EventsQuery,
  HistoryQuery,
  ObjectQuery,
  PositionQuery,
  StateQuery,
  type ObjectKey,
  type PayloadOf,
  type ReplyOf,
  type StoredObject,
} from '@shiplog/contracts';
import { CommandRepository } from '../database/command.repository';
import { AsOfReader } from '../history/as-of-reader';
import { ActiveLog } from '../leader/active-log';
import { History } from './history';
import { QueryRights } from './query-rights';
import { select, send } from './state';
import { whileHolding, WhileHolding } from './while-holding';

const WHILE_LEADING = { whileLeading: true };

/** Answers every question of contracts/src/messages/queries.ts, to who may ask it. */
@Controller()
@UseGuards(QueryRights)
@UseInterceptors(WhileHolding)
export class QueryController {
  constructor(
    private readonly log: ActiveLog,
    private readonly history: History,
    private readonly asOf: AsOfReader,
    private readonly commands: CommandRepository,
  ) {}

  @Query(PositionQuery, WHILE_LEADING)
  position({ channels = [], hashes = false }: PayloadOf<typeof PositionQuery>): ReplyOf<typeof PositionQuery> {
    const { writer, heads } = this.log;
    const wanted = channels.filter(({ node, excerpt }) => node !== undefined || excerpt !== undefined);
    return {
      position: writer.position,
      channels: Object.fromEntries(channels.map((channel) => [channelName(channel), heads.of(channel)])),
      ...(hashes
        ? {
            hashes: {
              ...(channels.length === 0 ? hashesOf(writer.state) : {}),
              ...Object.fromEntries(
                wanted.map((channel) => [channelName(channel), hashOfChannel(writer.state, channel)]),
              ),
            },
          }
        : {}),
    };
  }

  @Query(ObjectQuery, WHILE_LEADING)
  async object(
    @Payload() { key, at }: PayloadOf<typeof ObjectQuery>,
    @Ctx() message: BusMessage,
  ): Promise<ReplyOf<typeof ObjectQuery>> {
    const since = at === undefined ? undefined : this.#readsSince(message, key);
    const { position, object } = await this.#objectAt(key, at);
    return { position, object: object !== null && isMadeSince(object, since) ? object : null };
  }

  async #objectAt(key: ObjectKey, at: number | undefined): Promise<ReplyOf<typeof ObjectQuery>> {
    const { writer } = this.log;
    const { resource, namespace, name } = key;
    if (at === undefined || at === writer.position) {
      const object = (writer.state.get(resource, namespace, name) ?? null) as StoredObject | null;
      return { position: writer.position, object };
    }
    if (at < writer.position) {
      const found = await this.history.objectAt(key, at);
      if (found !== 'unknown') return { position: at, object: found === 'none' ? null : found };
    }
    const { state } = await this.asOf.read(at, writer.position);
    return { position: at, object: (state.get(resource, namespace, name) ?? null) as StoredObject | null };
  }

  /**
   * After an outage thousands ask what they missed, of channels that mostly had nothing: nothing is read for those. Of the
   * channels of nodes that are gone the heads are, too, and not the events.
   */
  @Query(EventsQuery, WHILE_LEADING)
  events({ channels, ...asked }: PayloadOf<typeof EventsQuery>): Promise<ReplyOf<typeof EventsQuery>> {
    const { writer, heads } = this.log.open;
    const moved = channels?.filter((channel) => channel.node !== undefined || heads.of(channel) > asked.after);
    return this.history.events({ ...asked, channels: moved }, writer.position);
  }

  @Query(HistoryQuery, WHILE_LEADING)
  async latest(
    @Payload() asked: PayloadOf<typeof HistoryQuery>,
    @Ctx() message: BusMessage,
  ): Promise<ReplyOf<typeof HistoryQuery>> {
    const since = asked.key === undefined ? undefined : this.#readsSince(message, asked.key);
    const events = await this.history.history(asked);
    return { events: events.filter((event) => happenedSince(event, since)) };
  }

  #readsSince({ principal }: BusMessage, key: ObjectKey): string | undefined {
    return principal === undefined ? undefined : principalReadsSince(this.log.writer.state, principal, key);
  }

  @Query(CommandQuery, WHILE_LEADING)
  async command({ id }: PayloadOf<typeof CommandQuery>): Promise<ReplyOf<typeof CommandQuery>> {
    return { reply: (await this.commands.answers([id])).get(id) ?? null };
  }

  @Query(StateQuery, WHILE_LEADING)
  async state(@Payload() asked: PayloadOf<typeof StateQuery>, @Ctx() { sink }: StreamContext): Promise<void> {
    const guarded = whileHolding(this.log, sink);
    const { open } = this.log;
    const { epoch } = open.voice;
    await send(await select(open, this.asOf, asked), { epoch, encoding: asked.encoding }, guarded);
  }
}
