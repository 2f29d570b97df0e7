import { encodePart, type Bus } from '@shiplog/bus';
import { ClusterState } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  StateQuery,
  subjects,
  type EventData,
  type Fact,
  type LogEvent,
  type StoredObject,
} from '@shiplog/contracts';
import { serveStream } from '@shiplog/testing';

/** Answers in the place of a journal that holds nodes, and publishes what becomes of them. */
export class JournalStandIn {
  readonly #state = new ClusterState();
  #position = 0;

  private constructor(private readonly bus: Bus) {}

  /** Serves on a journal's bus, for as long as that is open. */
  static async serve(bus: Bus): Promise<JournalStandIn> {
    const journal = new JournalStandIn(bus);
    await serveStream(bus, StateQuery, async ({ channels = [] }, sink) => {
      const objects = channels.flatMap(({ resource }) =>
        [...journal.#state.values(resource)].map((object) => ({ resource, object })),
      );
      const lasts = Object.fromEntries(channels.map(({ resource }) => [resource, journal.#lastOf(resource)]));
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

  #append(fact: Fact, name: string, data: EventData): void {
    const before = this.#position++;
    const event: LogEvent = {
      position: this.#position,
      time: '2026-01-01T00:00:00.000Z',
      version: EVENT_FORMAT,
      resource: 'nodes',
      fact,
      namespace: '',
      name,
      uid: name,
      node: '',
      actor: 'test',
      commandId: `c${this.#position}`,
      commandSeq: 0,
      data,
    };
    this.#state.apply(event);
    const { position } = event;
    const part = { epoch: 1, from: position, to: position, resources: ['nodes'], heads: { nodes: before } };
    const bytes = encodePart(part, [JSON.stringify(event)]);
    this.bus.connection.publish(subjects.commit({ resource: 'nodes' }), bytes);
  }

  /** Every event is a node's. */
  #lastOf(resource: string): number {
    return resource === 'nodes' ? this.#position : 0;
  }
}
