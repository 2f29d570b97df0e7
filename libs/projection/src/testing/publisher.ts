import { encodePart, type Bus } from '@shiplog/bus';
import { ClusterState, hashResource } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  StatusError,
  EventsQuery,
  Head,
  StateQuery,
  subjects,
  type Channel,
  type EventData,
  type LogEvent,
  type Queries,
  type Signals,
  type StoredObject,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { serve, serveStream } from '@shiplog/testing';

const KINDS = { configmaps: 'ConfigMap', secrets: 'Secret' } as const;
export type Resource = keyof typeof KINDS;
const EVERYTHING: Channel[] = [{ resource: 'configmaps' }, { resource: 'secrets' }];

/** A log of ConfigMaps and Secrets that answers what a journal answers, and publishes as badly as a test wants. */
export class Publisher {
  readonly log: LogEvent[] = [];
  readonly state = new ClusterState();
  /** How often it was asked for state, and for events. */
  readonly asked = { state: 0, events: 0 };
  epoch = 1;
  /** What an answer waits for. */
  before: () => Promise<void> = () => Promise.resolve();
  /** Whether it keeps no events any more, only the state. */
  expired = false;

  constructor(readonly bus: Bus) {}

  static async start(bus: Bus): Promise<Publisher> {
    const publisher = new Publisher(bus);
    await serveStream(bus, StateQuery, async ({ channels = EVERYTHING }, sink) => {
      publisher.asked.state++;
      await publisher.before();
      const objects = channels.flatMap(({ resource }) =>
        [...publisher.state.values(resource)].map((object) => ({ resource, object })),
      );
      const lasts = Object.fromEntries(channels.map(({ resource }) => [resource, publisher.last(resource)]));
      const chunk = { position: publisher.log.length, epoch: publisher.epoch, objects, channels: lasts };
      await sink.write(Buffer.from(`${JSON.stringify(chunk)}\n`));
    });
    await serve(
      bus,
      EventsQuery,
      async ({ channels = EVERYTHING, after, limit }): Promise<Queries['events']['answer']> => {
        publisher.asked.events++;
        if (publisher.expired) throw new StatusError(statusOf.expired('no longer kept'));
        await publisher.before();
        const found = publisher.log.slice(after).filter((event) => isOf(channels, event));
        const events = found.slice(0, limit ?? 1_000);
        return { events, more: events.length < found.length, position: publisher.log.length };
      },
    );
    return publisher;
  }

  /** Position of the last event of a resource up to a position, 0 when there is none. */
  last(resource: string, upTo = this.log.length): number {
    return this.log.slice(0, upTo).findLast((event) => event.resource === resource)?.position ?? 0;
  }

  /** Appends without publishing. */
  append(
    fact: 'Created' | 'SpecChanged' | 'Deleted',
    name: string,
    data: EventData,
    { resource = 'configmaps', uid = name }: { resource?: Resource; uid?: string } = {},
  ): LogEvent {
    const position = this.log.length + 1;
    const event: LogEvent = {
      position,
      time: '2026-01-01T00:00:00.000Z',
      version: EVENT_FORMAT,
      resource,
      fact,
      namespace: 'default',
      name,
      uid,
      node: '',
      actor: 'test',
      commandId: `c${position}`,
      commandSeq: 0,
      data,
    };
    this.log.push(event);
    this.state.apply(event);
    return event;
  }

  create(name: string, of: { resource?: Resource; uid?: string } = {}): LogEvent {
    const { resource = 'configmaps', uid = name } = of;
    const object = { apiVersion: 'v1', kind: KINDS[resource], metadata: { name, namespace: 'default', uid } };
    return this.append('Created', name, { object: object as unknown as StoredObject }, of);
  }

  change(name: string, value: string): LogEvent {
    return this.append('SpecChanged', name, { changes: { data: { in: { value: { set: value } } } } });
  }

  delete(name: string): LogEvent {
    return this.append('Deleted', name, {});
  }

  publish(...events: LogEvent[]): void {
    for (const event of events) {
      const { resource, position } = event;
      const about = { epoch: this.epoch, from: position, to: position, channels: [resource] };
      const part = { ...about, heads: this.#headsBefore(event) };
      this.bus.connection.publish(subjects.commit({ resource }), encodePart(part, [JSON.stringify(event)]));
    }
  }

  /** Several events as one commit, which has a part in each of their channels; a test may lose some. */
  commit(events: readonly LogEvent[], { lost = [] }: { lost?: readonly Resource[] } = {}): void {
    const [first, last] = [events[0]!, events.at(-1)!];
    const resources = [...new Set(events.map(({ resource }) => resource as Resource))];
    const heads = this.#headsBefore(first);
    const about = { epoch: this.epoch, from: first.position, to: last.position, channels: resources, heads };
    for (const resource of resources.filter((item) => !lost.includes(item))) {
      const own = events.filter((event) => event.resource === resource).map((event) => JSON.stringify(event));
      this.bus.connection.publish(subjects.commit({ resource }), encodePart(about, own));
    }
  }

  /** An event that is not in the log names the position before it. */
  #headsBefore({ position, resource }: LogEvent): Record<string, number> {
    const before = position - 1;
    if (before >= this.log.length) return { [resource]: before };
    return Object.fromEntries(Object.keys(KINDS).map((id) => [id, this.last(id, before)]));
  }

  /** @param views what it says of views; as a journal does, at a position of its own first and with their hashes later */
  head(views?: Signals['head']['views']): void {
    const resources = Object.keys(KINDS) as Resource[];
    const channels = Object.fromEntries(resources.map((item) => [item, this.last(item)]));
    const hashes = Object.fromEntries(resources.map((item) => [item, hashResource(this.state, item)]));
    this.bus.tell(Head, { position: this.log.length, epoch: this.epoch, channels, hashes, views });
  }
}

function isOf(channels: readonly Channel[], { resource }: LogEvent): boolean {
  return channels.some((channel) => channel.resource === resource);
}
