import { EXCERPT_CHANNELS, excerptsOf, hasExcerpts, isCreation, isDeletion } from '@shiplog/cluster';
import { channelName } from '@shiplog/contracts';
import type { LateEvent } from '../database/logged-row';
import type { ChannelHeads } from '../writer/channel-heads';

/** Events of a resource that wait, at most. */
const MOST_WAITING = 32;

/**
 * Finds the last event of each excerpt's channel without reading more than it must: a beginning and an end are events of
 * every excerpt, whatever they hold, and of what came after them only the last that touches it counts.
 */
export class LateExcerpts {
  /** By resource, in the order of the log, since the last beginning or end. */
  readonly #waiting = new Map<string, LateEvent[]>();

  constructor(private readonly heads: Pick<ChannelHeads, 'reach'>) {}

  take(event: LateEvent): void {
    if (!hasExcerpts(event)) return;
    const { resource, fact, position } = event;
    if (isCreation(fact) || isDeletion(fact)) {
      for (const channel of EXCERPT_CHANNELS) if (channel.resource === resource) this.heads.reach(channel, position);
      this.#waiting.delete(resource);
      return;
    }
    const waiting = this.#waiting.get(resource);
    if (waiting === undefined) this.#waiting.set(resource, [event]);
    else if (waiting.push(event) >= MOST_WAITING) this.#settle(waiting);
  }

  /** The heads are what they are after all that was taken. */
  settle(): void {
    for (const waiting of this.#waiting.values()) this.#settle(waiting);
  }

  #settle(waiting: LateEvent[]): void {
    const open = new Set(
      EXCERPT_CHANNELS.filter(({ resource }) => resource === waiting[0]?.resource).map((channel) =>
        channelName(channel),
      ),
    );
    for (const event of waiting.splice(0).reverse()) {
      if (open.size === 0) return;
      for (const { channel } of excerptsOf(event.read()))
        if (open.delete(channelName(channel))) this.heads.reach(channel, event.position);
    }
  }
}
