import type { Bus } from '@shiplog/bus';
import { hashResource, type AppliedEvent } from '@shiplog/cluster';
import { eventType, type LogEvent } from '@shiplog/contracts';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import { Projection } from './projection';
import { Publisher } from './testing/publisher';

describe('a projection of several channels', () => {
  let nats: TestNats;
  let publisher: Publisher;
  let bus: Bus;
  let projection: Projection;
  let heard: AppliedEvent[];
  /** Where the projection said it was while it had not everything up to there. */
  let early: number[];

  const isWhole = (): boolean => {
    const known = new Set(
      projection
        .list('configmaps')
        .concat(projection.list('secrets') as never[])
        .map(keyOf),
    );
    return publisher.log
      .slice(0, projection.position)
      .filter(({ fact }) => fact === 'Created')
      .every(({ resource, name }) => known.has(`${resource === 'secrets' ? 'Secret' : 'ConfigMap'}/${name}`));
  };
  const keyOf = ({ kind, metadata }: { kind: string; metadata: { name: string } }): string =>
    `${kind}/${metadata.name}`;
  const openOn = (on: Bus): Promise<Projection> =>
    Projection.open(on, {
      channels: [{ resource: 'configmaps' }, { resource: 'secrets' }],
      logger: pino({ level: 'silent' }),
    });

  beforeEach(async () => {
    nats = await TestNats.start();
    publisher = await Publisher.start(await nats.bus('journal', { role: 'journal', name: 'one' }));
    publisher.create('first');
    publisher.create('first', { resource: 'secrets' });
    bus = await nats.bus('service');
    projection = await openOn(bus);
    [heard, early] = [[], []];
    projection.onApplied((batch) => {
      heard.push(...batch);
      if (!isWhole()) early.push(projection.position);
    });
  });
  afterEach(async () => {
    await projection.close();
    await nats.stop();
  });

  const settled = async (): Promise<void> => {
    await eventually(() => projection.position === publisher.log.length);
    for (const resource of ['configmaps', 'secrets'] as const)
      expect(hashResource(projection.state, resource)).toBe(hashResource(publisher.state, resource));
    expect(early).toEqual([]);
  };
  const namesHeard = (): string[] => heard.map(({ event }) => `${eventType(event)} ${event.name}`);

  it('an event of one channel shows what was lost of another, before the position passes it', async () => {
    publisher.create('lost', { resource: 'secrets' });
    const waited = projection.waitFor(3).then(() => projection.get('secrets', 'default', 'lost'));
    publisher.publish(publisher.create('next'));
    expect(await waited).toBeDefined();
    await settled();
    expect(namesHeard()).toEqual(['secrets.Created lost', 'configmaps.Created next']);
    expect(projection.statistics).toMatchObject({ gaps: 1, reloads: 1 });
  });

  it('catches up in the order of the log after its connection was away', async () => {
    for (let round = 0; round < 5; round++) {
      await nats.pause();
      for (let i = 0; i < 20; i++) {
        publisher.create(`s-${round}-${i}`, { resource: 'secrets' });
        publisher.create(`c-${round}-${i}`);
      }
      await nats.resume();
      publisher.publish(publisher.create(`after-${round}`));
      await settled();
    }
    const positions = heard.map(({ event }) => event.position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(positions).size).toBe(publisher.log.length - 2);
  });

  it('a channel that is silent does not hold the position back', async () => {
    publisher.publish(...['a', 'b', 'c'].map((name) => publisher.create(name)));
    await settled();
    expect(publisher.asked).toEqual({ state: 1, events: 0 });
  });

  it('takes what arrives while it catches up, once and in order', async () => {
    let answer: () => void = () => undefined;
    publisher.before = () => new Promise((resolve) => (answer = resolve));
    publisher.create('lost', { resource: 'secrets' });
    publisher.publish(publisher.create('shows-it'));
    await eventually(() => publisher.asked.events === 1);
    publisher.publish(publisher.create('meanwhile', { resource: 'secrets' }), publisher.create('and-this'));
    publisher.before = () => Promise.resolve();
    answer();
    await settled();
    expect(heard.map(({ event }) => event.position)).toEqual([3, 4, 5, 6]);
  });

  describe('of a commit with events of several channels', () => {
    const mixed = (round: number): LogEvent[] => [
      publisher.create(`a-${round}`),
      publisher.create(`s-${round}`, { resource: 'secrets' }),
      publisher.create(`b-${round}`),
    ];
    const positionsHeard = (): number[] => heard.map(({ event }) => event.position);

    it('folds the whole of it, in the order of the log', async () => {
      const at: number[] = [];
      const end = projection.onApplied(() => at.push(projection.position));
      publisher.commit(mixed(1));
      await settled();
      end();
      expect(positionsHeard()).toEqual([3, 4, 5]);
      expect(at).toEqual([5]);
      expect(publisher.asked).toEqual({ state: 1, events: 0 });
    });

    it('folds nothing of it twice', async () => {
      const commit = mixed(1);
      publisher.commit(commit);
      publisher.commit(commit);
      publisher.commit(mixed(2));
      await settled();
      expect(positionsHeard()).toEqual([3, 4, 5, 6, 7, 8]);
      expect(projection.statistics).toMatchObject({ repeated: 3, gaps: 0 });
    });

    it.each(['configmaps', 'secrets'] as const)('sees by the next that its part of %s was lost', async (lost) => {
      publisher.commit(mixed(1), { lost: [lost] });
      publisher.commit(mixed(2));
      await settled();
      expect(positionsHeard()).toEqual([3, 4, 5, 6, 7, 8]);
      expect(projection.statistics).toMatchObject({ gaps: 1, reloads: 1 });
    });

    it('sees by the head that a part was lost, and stands before the commit until then', async () => {
      publisher.commit(mixed(1), { lost: ['secrets'] });
      await publisher.bus.connection.flush();
      await bus.connection.flush();
      expect(projection.position).toBe(2);
      publisher.head();
      await settled();
      expect(positionsHeard()).toEqual([3, 4, 5]);
    });
  });

  describe('when the journal has a successor', () => {
    let deposed: Publisher;
    beforeEach(async () => {
      publisher.epoch = 2;
      publisher.publish(publisher.create('of-two'));
      await settled();
      // It answers nothing here: its subscriptions are those of `publisher`, which is the same process to the bus.
      deposed = new Publisher(await nats.bus('deposed', { role: 'journal', name: 'two' }));
      deposed.log.push(...publisher.log.slice(0, 2));
    });

    it("ignores the deposed one's events and heads", async () => {
      const ghost: LogEvent = { ...deposed.create('ghost'), position: 4 };
      deposed.publish(ghost);
      deposed.head();
      await eventually(() => projection.statistics.disbelieved === 2);
      publisher.publish(publisher.create('of-two-again'));
      await settled();
      expect(projection.list('configmaps').map(({ metadata }) => metadata.name)).not.toContain('ghost');
      expect(projection.statistics).toMatchObject({ gaps: 0, reloads: 1 });
    });

    it("does not load the deposed one's state, and asks again", async () => {
      publisher.expired = true;
      publisher.create('lost', { resource: 'secrets' });
      const shows = publisher.create('shows-it');
      publisher.publish(shows);
      publisher.epoch = 1;
      await eventually(() => publisher.asked.state > 2);
      expect(projection.position).toBe(3);
      publisher.epoch = 2;
      await settled();
      expect(projection.statistics.reloads).toBeGreaterThan(2);
    });
  });

  it('tells that history was skipped, and of an object that another one of its name replaced as of two', async () => {
    const skipped: number[] = [];
    const before: number[] = [];
    projection.onReloaded((position) => void (skipped.push(position), before.push(heard.length)));
    publisher.delete('first');
    publisher.create('first', { uid: 'another' });
    publisher.expired = true;
    publisher.publish(publisher.create('next'));
    await settled();
    expect(skipped).toEqual([5]);
    expect(before).toEqual([0]);
    expect(heard.map(({ event, before: old, after }) => [event.fact, old?.metadata.uid, after?.metadata.uid])).toEqual([
      ['Deleted', 'first', undefined],
      ['Created', undefined, 'another'],
      ['Created', undefined, 'next'],
    ]);
  });
});
