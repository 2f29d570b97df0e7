import type { Bus } from '@shiplog/bus';
import { ClusterState, hashResource, type AppliedEvent } from '@shiplog/cluster';
import {
  eventType,
  PositionQuery,
  StateQuery,
  type LogEvent,
  type Queries,
  type StoredObject,
} from '@shiplog/contracts';
import { eventually, serve, serveStream, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import { Projection } from './projection';
import { Publisher } from './testing/publisher';

describe('a projection', () => {
  let nats: TestNats;
  let publisher: Publisher;
  let projection: Projection;
  let heard: AppliedEvent[];

  beforeEach(async () => {
    nats = await TestNats.start();
    publisher = await Publisher.start(await nats.bus('journal', { role: 'journal', name: 'one' }));
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
    expect(heard.map((applied) => applied.event.fact)).toEqual(['Created', 'SpecChanged']);
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
      expect(picky.list('configmaps').map((item) => item.metadata.name)).toEqual(['other']);
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

  describe('among events that are not in the log', () => {
    /** An event that a journal wrote which is no more, or that never was. */
    const ghost = (position: number, name = 'ghost'): LogEvent => {
      const real = publisher.create(name);
      publisher.log.pop();
      publisher.state.remove('configmaps', 'default', name);
      return { ...real, position };
    };
    const names = (): string[] => projection.list('configmaps').map(({ metadata }) => metadata.name);

    it('drops one whose predecessor never comes, after asking for it once', async () => {
      publisher.publish(ghost(50));
      await eventually(() => publisher.asked.events > 0);
      publisher.publish(publisher.create('second'));
      await settled();
      expect(names()).toEqual(['first', 'second']);
      expect(publisher.asked).toEqual({ state: 1, events: 1 });
      expect(projection.statistics).toMatchObject({ gaps: 1, reloads: 1 });
    });

    it('asks at most once for each of many, whatever their order', async () => {
      const positions = [50, 70, 51, 52, 60];
      publisher.publish(...positions.map((position) => ghost(position, `ghost-${position}`)));
      publisher.publish(publisher.create('second'));
      await settled();
      publisher.head();
      await eventually(() => projection.statistics.hashesProved > 0);
      expect(names()).toEqual(['first', 'second']);
      expect(publisher.asked.events).toBeLessThanOrEqual(positions.length);
    });

    it('undoes one that it took for the next, at the next head', async () => {
      publisher.publish(ghost(2));
      await eventually(() => names().includes('ghost'));
      expect(projection.position).toBe(2);
      publisher.head();
      await eventually(() => !names().includes('ghost'));
      await settled();
      expect(heard.map(({ event }) => event.fact)).toEqual(['Created', 'Deleted']);
    });

    it('undoes one that was folded in the place of a true one, by the hash of the next head', async () => {
      publisher.publish(ghost(2));
      await eventually(() => names().includes('ghost'));
      publisher.publish(publisher.create('second'));
      publisher.head();
      await eventually(() => names().join() === 'first,second');
      await settled();
      expect(projection.statistics.hashesFailed).toBe(1);
    });

    it('hears the next event after one that can not be read', async () => {
      const other = await nats.bus('stranger', { role: 'journal', name: 'stranger' });
      for (const payload of ['{', '', '7']) {
        other.connection.publish('shiplog.v1.event.configmaps._.default.web.Created', Buffer.from(payload));
      }
      await other.connection.flush();
      publisher.publish(publisher.create('second'));
      await settled();
    });
  });
});

describe("a projection of a node's pods", () => {
  const NODE = 'minion.1';
  const channel = { resource: 'pods', node: NODE } as const;
  let nats: TestNats;
  let journal: Bus;
  let projection: Projection;
  const truth = new ClusterState();
  let position = 1;
  beforeEach(async () => {
    nats = await TestNats.start();
    journal = await nats.bus('journal', { role: 'journal', name: 'one' });
    await serveStream(journal, StateQuery, async (_, sink) => {
      const objects = [...truth.values('pods')].map((object) => ({ resource: 'pods' as const, object }));
      await sink.write(Buffer.from(`${JSON.stringify({ position: 1, objects, channels: { [`pods@${NODE}`]: 1 } })}\n`));
    });
    await serve(journal, PositionQuery, (): Queries['position']['answer'] => ({
      position,
      channels: { [`pods@${NODE}`]: 1 },
      hashes: { [`pods@${NODE}`]: hashResource(truth, 'pods') },
    }));
    projection = await Projection.open(await nats.bus('kubelet', { role: 'kubelet', name: NODE }), {
      channels: [channel],
      logger: pino({ level: 'silent' }),
      proveNodeEveryMs: 50,
    });
  });
  afterEach(async () => {
    await projection.close();
    await nats.stop();
  });

  const pod = (name: string): StoredObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: { nodeName: NODE },
  });

  it('asks where its channel is when a position is waited for that no event of it shows', async () => {
    expect(projection.position).toBe(1);
    position = 7;
    await projection.waitFor(7, 5_000);
    expect(projection.statistics.reloads).toBe(1);
  });

  it('finds a pod that the journal does not know by the proof of its channel, and lets it go', async () => {
    const gone: string[] = [];
    projection.onApplied((batch) => gone.push(...batch.map(({ event }) => `${eventType(event)} ${event.name}`)));
    projection.state.put('pods', pod('ghost'));
    await eventually(() => projection.get('pods', 'default', 'ghost') === undefined);
    expect(gone).toEqual(['pods.Deleted ghost']);
    expect(projection.statistics.hashesFailed).toBe(1);
    await eventually(() => projection.statistics.hashesProved > 0);
  });
});
