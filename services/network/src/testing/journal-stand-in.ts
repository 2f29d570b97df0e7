import { encodePart, type Bus } from '@shiplog/bus';
import { ClusterState, eventOn, objectsOf } from '@shiplog/cluster';
import {
  channelName,
  EVENT_FORMAT,
  StateQuery,
  subjects,
  type Channel,
  type CommitPart,
  type EventData,
  type Fact,
  type LogEvent,
  type StoredObject,
} from '@shiplog/contracts';
import { serveStream } from '@shiplog/testing';

const ROUTES: Channel = { resource: 'nodes', excerpt: 'routes' };

/** Answers in the place of a journal that holds nodes, and publishes what becomes of them. */
export class JournalStandIn {
  readonly #state = new ClusterState();
  #position = 0;
  #lastRoute = 0;

  private constructor(private readonly bus: Bus) {}

  /** Serves on a journal's bus, for as long as that is open. */
  static async serve(bus: Bus): Promise<JournalStandIn> {
    const journal = new JournalStandIn(bus);
    await serveStream(bus, StateQuery, async ({ channels = [] }, sink) => {
      const objects = channels.flatMap((channel) =>
        objectsOf(journal.#state, channel).map((object) => ({ resource: channel.resource, object })),
      );
      const lasts = Object.fromEntries(channels.map((channel) => [channelName(channel), journal.#lastOf(channel)]));
      const chunk = { position: journal.#position, epoch: 1, objects, channels: lasts };
      await sink.write(Buffer.from(`${JSON.stringify(chunk)}\n`));
    });
    return journal;
  }

  createNode(name: string): void {
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
    this.#append('Created', name, { object: object as unknown as StoredObject });
  }

  changeNode(name: string, spec: { podCIDR: string }): void {
    this.#append('SpecChanged', name, { changes: { spec: { set: spec } } });
  }

  /** Of which no route has anything. */
  cordonNode(name: string): void {
    this.#append('Cordoned', name, { changes: { spec: { in: { unschedulable: { set: true } } } } });
  }

  #append(fact: Fact, name: string, data: EventData): void {
    const event: LogEvent = {
      position: ++this.#position,
      time: '2026-01-01T00:00:00.000Z',
      version: EVENT_FORMAT,
      resource: 'nodes',
      fact,
      namespace: '',
      name,
      uid: name,
      node: name,
      actor: 'test',
      commandId: `c${this.#position}`,
      commandSeq: 0,
      data,
    };
    this.#state.apply(event);
    const { position } = event;
    const excerpt = eventOn(ROUTES, event);
    const channels = excerpt === undefined ? ['nodes'] : ['nodes', channelName(ROUTES)];
    const heads = { nodes: position - 1, [channelName(ROUTES)]: this.#lastRoute };
    const part = { epoch: 1, from: position, to: position, channels, heads };
    this.#publish({ resource: 'nodes' }, part, event);
    if (excerpt === undefined) return;
    this.#publish(ROUTES, part, excerpt);
    this.#lastRoute = position;
  }

  #publish(channel: Channel, part: Omit<CommitPart, 'events'>, event: LogEvent): void {
    this.bus.connection.publish(subjects.commit(channel), encodePart(part, [JSON.stringify(event)]));
  }

  /** There are events of nodes only. */
  #lastOf(channel: Channel): number {
    return channelName(channel) === channelName(ROUTES) ? this.#lastRoute : 0;
  }
}
