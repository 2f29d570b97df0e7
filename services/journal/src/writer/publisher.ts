import { encodeEvent } from '@shiplog/bus';
import { nodeOf, type AppliedEvent } from '@shiplog/cluster';
import type { StoredObject } from '@shiplog/contracts';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { ChannelHeads } from './channel-heads';

/** Publishes committed events, in order, each naming its predecessors in its channels. */
export class Publisher {
  constructor(
    private readonly connection: Pick<NatsConnection, 'publish'>,
    private readonly heads: ChannelHeads,
    private readonly epoch: number,
    private readonly logger: Logger,
  ) {}

  /**
   * An event that can't be published (too large, no header can hold its actor, connection closed) is a gap that its readers notice and heal.
   *
   * @param text the JSON of the event's data
   */
  publish(applied: AppliedEvent, text: string): void {
    const { event } = applied;
    const links = this.heads.advance(event);
    try {
      const { subject, payload, headers } = encodeEvent(event, links, this.epoch, enteringObject(applied), text);
      this.connection.publish(subject, payload, { headers });
    } catch (error) {
      this.logger.warn({ err: error, position: event.position }, 'an event could not be published');
    }
  }
}

/** The whole object, for the readers of a node's channel that see it there for the first time. */
function enteringObject({ event, before, after }: AppliedEvent): StoredObject | undefined {
  if (event.node === '' || before === undefined || nodeOf(event.resource, before) === event.node) return undefined;
  return after;
}
