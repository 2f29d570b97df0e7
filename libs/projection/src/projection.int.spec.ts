import { encodeEvent, type Bus } from '@shiplog/bus';
import { ClusterState, hashResource, type Applied } from '@shiplog/cluster';
import { EventsQuery, subjects,
  type EventData,
  type LogEvent,
  type Queries,
  type StateRequest,
  type StoredObject, } from '@shiplog/contracts';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import { Projection } from './projection';

/** A log of ConfigMaps that answers what a journal answers, and publishes as badly as a test wants. */
class Publisher {
  readonly log: LogEvent[] = [];
  readonly state = new ClusterState();

  constructor(private readonly bus: Bus) {
    bus.serveStream(subjects.stateQuery, async (request, stream) => {
      const { channels } = request as StateRequest;
      const objects = [...this.state.values('configmaps')].map((object) => ({
        resource: 'configmaps' as const,
        object,
      }));
      const chunk = {
        position: this.log.length,
        objects,
        channels: { [channels[0]?.resource ?? '']: this.log.length },
      };
      await stream.write(Buffer.from(`${JSON.stringify(chunk)}\n`));
    });
    bus.serve(subjects.ask(EventsQuery), (ask) => {
      const { after, limit } = ask as Queries['events']['ask'];
      const events = this.log.slice(after, after + (limit ?? 1_000));
      const more = after + events.length < this.log.length;
      return Promise.resolve({ events, more, position: this.log.length } satisfies Queries['events']['answer']);
    });
  }

  /** Appends without publishing. */
  append(
    type: 'ConfigMapCreated' | 'ConfigMapSpecChanged' | 'ConfigMapDeleted',
    name: string,
    data: EventData,
  ): LogEvent {
    const position = this.log.length + 1;
    const event: LogEvent = {
      position,
      time: '2026-01-01T00:00:00.000Z',
      type,
      version: 1,
      resource: 'configmaps',
      namespace: 'default',
      name,
      uid: name,
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

  create(name: string): LogEvent {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', uid: name } };
    return this.append('ConfigMapCreated', name, { object: object as unknown as StoredObject });
  }

  change(name: string, value: string): LogEvent {
    return this.append('ConfigMapSpecChanged', name, { changes: { data: { value } } });
  }

  publish(...events: LogEvent[]): void {
    for (const event of events) {
      const { subject, payload, headers } = encodeEvent(event, { prev: event.position - 1 });
      this.bus.connection.publish(subject, payload, { headers });
    }
  }

  head(): void {
    const hashes = { configmaps: hashResource(this.state, 'configmaps') };
    this.bus.signal('head', 'journal', {
      position: this.log.length,
      channels: { configmaps: this.log.length },
      hashes,
    });
  }
}

describe('a projection', () => {
  let nats: TestNats;
  let publisher: Publisher;
  let projection: Projection;
  let heard: Applied[];

  beforeEach(async () => {
    nats = await TestNats.start();
    publisher = new Publisher(await nats.bus('journal'));
    publisher.create('first');
    const bus = await nats.bus('service');
    projection = await Projection.open(bus, {
      channels: [{ resource: 'configmaps' }],
      logger: pino({ level: 'silent' }),
    });
    heard = [];
    projection.onApplied((batch) => heard.push(...batch));
  });
  afterEach(async () => {
    await projection.close();
    await nats.stop();
  });

  const settled = async (): Promise<void> => {
    await eventually(() => projection.position === publisher.log.length);
    expect(hashResource(projection.state, 'configmaps')).toBe(hashResource(publisher.state, 'configmaps'));
  };

  it('starts with what is there and follows', async () => {
    expect(projection.get('configmaps', 'default', 'first')).toBeDefined();
    publisher.publish(publisher.create('second'), publisher.change('second', 'x'));
    await settled();
    expect(heard.map((applied) => applied.event.type)).toEqual(['ConfigMapCreated', 'ConfigMapSpecChanged']);
  });

  it('heals a lost message as soon as its successor arrives', async () => {
    publisher.create('lost');
    publisher.publish(publisher.create('third'));
    await settled();
    expect(heard.map((applied) => applied.event.name)).toEqual(['lost', 'third']);
    expect(projection.statistics.gaps).toBe(1);
  });

  it('heals the loss of the last message when the head goes by', async () => {
    publisher.create('lost');
    publisher.head();
    await settled();
  });

  it('takes a repeated message once', async () => {
    const event = publisher.create('twice');
    publisher.publish(event, event, event);
    publisher.publish(publisher.change('twice', 'y'));
    await settled();
    expect(heard).toHaveLength(2);
    expect(projection.statistics.repeated).toBe(2);
  });

  it('puts reordered messages in order', async () => {
    const events = [publisher.create('a'), publisher.change('a', '1'), publisher.change('a', '2')];
    publisher.publish(...events.reverse());
    await settled();
    expect(projection.get('configmaps', 'default', 'a')).toMatchObject({ data: { value: '2' } });
  });

  it('catches up after NATS was away', async () => {
    await nats.pause();
    publisher.create('meanwhile');
    await nats.resume();
    await settled();
  });

  it("proves its hash against the journal's, and loads anew when it differs", async () => {
    publisher.head();
    await eventually(() => projection.statistics.hashesProved === 1);
    projection.state.put('configmaps', {
      ...projection.get('configmaps', 'default', 'first'),
      data: { bent: 'x' },
    } as never);
    publisher.head();
    await eventually(() => projection.statistics.hashesFailed === 1);
    await eventually(() => projection.get('configmaps', 'default', 'first')?.data === undefined);
    await settled();
  });

  describe('of a service that does not act on everything', () => {
    let warned: Record<string, unknown>[];
    let picky: Projection;
    let told: (string | undefined)[][];

    const open = async (): Promise<void> => {
      const stream = { write: (line: string) => void warned.push(JSON.parse(line) as Record<string, unknown>) };
      picky = await Projection.open(await nats.bus('picky'), {
        channels: [{ resource: 'configmaps' }],
        logger: pino({ level: 'warn' }, stream),
        accept: (_, { data }) =>
          (data as { value?: string } | undefined)?.value === 'bad' ? 'data.value is bad' : undefined,
      });
      picky.onApplied((batch) => {
        for (const { before, after } of batch) told.push([valueIn(before), valueIn(after)]);
      });
    };
    const valueIn = (object: StoredObject | undefined): string | undefined =>
      object && ((object.data as { value?: string } | undefined)?.value ?? '');
    const caughtUp = async (): Promise<void> => {
      await eventually(() => picky.position === publisher.log.length);
      expect(hashResource(picky.state, 'configmaps')).toBe(hashResource(publisher.state, 'configmaps'));
    };

    beforeEach(async () => {
      [warned, told] = [[], []];
      await open();
    });
    afterEach(() => picky.close());

    it('an object is gone while it is not accepted, and there when it is again', async () => {
      publisher.publish(publisher.change('first', 'bad'), publisher.create('other'));
      await caughtUp();
      expect(picky.get('configmaps', 'default', 'first')).toBeUndefined();
      expect(picky.list('configmaps').map((one) => one.metadata.name)).toEqual(['other']);
      publisher.publish(publisher.change('first', 'better'));
      await caughtUp();
      expect(picky.get('configmaps', 'default', 'first')).toMatchObject({ data: { value: 'better' } });
    });

    it('hears of it as of one that ends and begins, with nothing between', async () => {
      for (const value of ['good', 'bad', 'bad', 'better']) publisher.publish(publisher.change('first', value));
      await caughtUp();
      expect(told).toEqual([
        ['', 'good'],
        ['good', undefined],
        [undefined, 'better'],
      ]);
    });

    it('is told once for each version, over hashes and reloads, which go on as ever', async () => {
      publisher.publish(publisher.change('first', 'bad'));
      await caughtUp();
      publisher.head();
      await eventually(() => picky.statistics.hashesProved === 1);
      picky.state.put('configmaps', {
        ...picky.state.list('configmaps')[0],
        data: { value: 'bad', x: 'bent' },
      } as never);
      publisher.head();
      await eventually(() => picky.statistics.hashesFailed === 1 && picky.statistics.reloads === 2);
      await caughtUp();
      publisher.head();
      await eventually(() => picky.statistics.hashesProved === 2);
      expect(picky.list('configmaps')).toEqual([]);
      const spoken = warned.filter((line) => line['msg'] === 'an object is not acted upon');
      expect(spoken).toMatchObject([
        {
          resource: 'configmaps',
          namespace: 'default',
          name: 'first',
          resourceVersion: '2',
          wrong: 'data.value is bad',
        },
      ]);
    });

    it('does not see one that was there before it came', async () => {
      await picky.close();
      publisher.change('first', 'bad');
      await open();
      expect(picky.list('configmaps')).toEqual([]);
      publisher.publish(publisher.change('first', 'good'));
      await caughtUp();
      expect(told).toEqual([[undefined, 'good']]);
    });
  });

  it('tells waiters when a position is reached, and when it takes too long', async () => {
    const reached = projection.waitFor(2);
    publisher.publish(publisher.create('second'));
    await reached;
    await expect(projection.waitFor(99, 50)).rejects.toThrow('position 99 was not reached within 50 ms');
  });

  it('after a wiped log it shows the new one only', async () => {
    publisher.publish(publisher.create('second'));
    await settled();
    publisher.log.length = 0;
    publisher.state.remove('configmaps', 'default', 'second');
    publisher.state.remove('configmaps', 'default', 'first');
    publisher.create('other');
    publisher.head();
    await eventually(
      () =>
        projection
          .list('configmaps')
          .map((c) => c.metadata.name)
          .join() === 'other',
    );
    await settled();
  });
});
