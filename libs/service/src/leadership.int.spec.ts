import type { Bus } from '@shiplog/bus';
import { LeadershipClaimed, subjects } from '@shiplog/contracts';
import { eventually, TestNats } from '@shiplog/testing';
import { Events } from 'nats';
import { pino } from 'pino';
import { Leadership } from './leadership';
import { Terms } from './testing/terms';

describe('leadership over a real NATS', () => {
  let nats: TestNats;
  let joined: Leadership[] = [];
  let terms: Terms;
  const logger = pino({ level: 'silent' });

  beforeEach(async () => {
    nats = await TestNats.start();
    joined = [];
    terms = new Terms();
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
      onChange: (leads) => {
        changes.push(leads);
        terms.change(instance, leads);
      },
    });
    joined.push(leadership);
    return { bus, changes, leadership };
  };
  const leaders = () => joined.filter((leadership) => leadership.leads).length;

  it('the first one leads, the next one waits and knows who leads', async () => {
    const item = await join('one');
    const two = await join('two');
    expect([item.leadership.leads, two.leadership.leads]).toEqual([true, false]);
    expect(two.leadership.leader).toMatch(/^one-/);
    expect([item.changes, two.changes]).toEqual([[true], []]);
  });

  it('one of several that start together leads, and no other has led for a moment', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map(join));
    await eventually(() => leaders() === 1);
    expect(terms.all).toHaveLength(1);
  });

  it('when the leader leaves, the one that has waited longest takes over, and only then', async () => {
    const item = await join('one');
    const two = await join('two');
    const three = await join('three');
    item.leadership.leave();
    await eventually(() => two.leadership.leads, { everyMs: 5 });
    two.leadership.leave();
    await eventually(() => three.leadership.leads, { everyMs: 5 });
    expect(terms.all).toEqual(['one', 'two', 'three']);
    terms.expectNoOverlap();
  });

  it('when the leader is killed, its connection tells: its silence need not be waited for', async () => {
    const item = await join('one');
    const two = await join('two');
    let beats = 0;
    const place = { service: 'scheduler', scope: '' };
    two.bus.listen(subjects.process(LeadershipClaimed.address, place), () => void beats++);
    await item.bus.connection.close();
    terms.ended('one');
    await eventually(() => two.leadership.leads, { everyMs: 5 });
    // After three beats of its own, which is what a silence takes, it would have given up one that hangs.
    expect(beats).toBeLessThanOrEqual(3);
    terms.expectNoOverlap();
  });

  it('goes on after garbage, and after more members than anybody has', async () => {
    const item = await join('one');
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
    await item.bus.connection.flush();
    expect([item.leadership.leads, two.leadership.leads]).toEqual([true, false]);
    item.leadership.leave();
    // Those that were made up are older than nobody here, and are missed by the next beats.
    await eventually(() => two.leadership.leads, { everyMs: 20 });
  });

  it('stays where it is while NATS is away and its store is lost', async () => {
    const [item, two] = [await join('one'), await join('two')];
    const back = [item, two].map(({ bus }) => reconnected(bus));
    await nats.pause('SIGKILL');
    await nats.loseStore();
    await nats.resume();
    await Promise.all(back);
    await eventually(() => item.leadership.leads && !two.leadership.leads);
    expect([item.changes, two.changes]).toEqual([[true], []]);
    item.leadership.leave();
    await eventually(() => two.leadership.leads);
    terms.expectNoOverlap();
  });
});

async function reconnected({ connection }: Bus): Promise<void> {
  for await (const { type } of connection.status()) if (type === Events.Reconnect) return;
}
