import { LeadershipClaimed, subjects } from '@shiplog/contracts';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import { Leadership } from './leadership';

describe('leadership over a real NATS', () => {
  let nats: TestNats;
  let joined: Leadership[] = [];
  const logger = pino({ level: 'silent' });

  beforeEach(async () => {
    nats = await TestNats.start();
    joined = [];
  });
  afterEach(async () => {
    for (const leadership of joined) leadership.leave();
    await nats.stop();
  });

  const join = async (instance: string) => {
    const bus = await nats.bus(instance, { role: 'scheduler', name: instance });
    const changes: boolean[] = [];
    const leadership = await Leadership.join(bus, {
      instance,
      logger,
      onChange: (leads) => changes.push(leads),
    });
    joined.push(leadership);
    return { bus, changes, leadership };
  };
  const leaders = () => joined.filter((leadership) => leadership.leads).length;

  it('the first one leads, the next one waits and knows who leads', async () => {
    const one = await join('one');
    const two = await join('two');
    expect([one.leadership.leads, two.leadership.leads]).toEqual([true, false]);
    expect(two.leadership.leader).toMatch(/^one-/);
    expect([one.changes, two.changes]).toEqual([[true], []]);
  });

  it('exactly one of several that start together leads', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map(join));
    await eventually(() => leaders() === 1);
  });

  it('when the leader leaves, the one that has waited longest takes over at once', async () => {
    const one = await join('one');
    const two = await join('two');
    const three = await join('three');
    const started = Date.now();
    one.leadership.leave();
    await eventually(() => two.leadership.leads, { everyMs: 5 });
    expect(Date.now() - started).toBeLessThan(500);
    expect(three.leadership.leads).toBe(false);
  });

  it('when the leader is killed, its connection tells', async () => {
    const one = await join('one');
    const two = await join('two');
    await one.bus.connection.close();
    const started = Date.now();
    await eventually(() => two.leadership.leads, { everyMs: 20 });
    expect(Date.now() - started).toBeLessThan(2_500);
  });

  it('goes on after garbage, and after more members than anybody has', async () => {
    const one = await join('one');
    const two = await join('two');
    const place = { service: 'scheduler', scope: '' };
    const subject = subjects.process(LeadershipClaimed.address, place);
    const garbage = [
      '',
      'null',
      '{',
      '[]',
      '{"member":1}',
      '{"member":"x","state":"rules","since":0}',
      '{"since":1e999}',
    ];
    for (const text of garbage) two.bus.connection.publish(subject, Buffer.from(text));
    for (let i = 0; i < 1_000; i++)
      two.bus.tell(LeadershipClaimed, { member: `made-up-${i}`, state: 'waits', since: Date.now() }, place);
    await two.bus.connection.flush();
    await one.bus.connection.flush();
    expect([one.leadership.leads, two.leadership.leads]).toEqual([true, false]);
    one.leadership.leave();
    // Those that were made up are older than nobody here, and are missed by the next beats.
    await eventually(() => two.leadership.leads, { everyMs: 20 });
  });

  it('stays where it is while NATS is away and its store is lost', async () => {
    const one = await join('one');
    const two = await join('two');
    await nats.pause('SIGKILL');
    await nats.loseStore();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect([one.changes, two.changes]).toEqual([[true], []]);
    await nats.resume();
    await eventually(() => one.leadership.leads && !two.leadership.leads && leaders() === 1);
    one.leadership.leave();
    await eventually(() => two.leadership.leads);
  });
});
