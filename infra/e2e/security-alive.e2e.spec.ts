import { Health, Heartbeat, subjects, type Identity } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { ConnectionRefused } from '@shiplog/bus';
import { Follower } from './support/follow';
import { GARBAGE, reachableBy } from './support/garbage';
import { AGENTS, CAPTURED, SecurityWorld } from './support/security-world';

/** Who write lines about what they hear. */
const LISTENERS = [
  'journal',
  'api',
  'scheduler',
  'controller',
  `${CAPTURED}-kubelet`,
  `${CAPTURED}-network`,
  `${CAPTURED}-proxy`,
];
/** In lines: what a service may have had to say of its own meanwhile. */
const OTHER_LINES = 20;

describe('the cluster goes on hearing', () => {
  const world = new SecurityWorld('security-alive');
  const { cluster, namespace } = world;
  const followers: Follower[] = [];

  beforeAll(() => world.begin());
  afterAll(async () => {
    await Promise.all(followers.map((follower) => follower.stop()));
    await world.end();
  });

  const follow = async (pod: string): Promise<Follower> => {
    const follower = new Follower(cluster, namespace, pod);
    followers.push(follower);
    await follower.more(2);
    return follower;
  };
  const lines = (): Record<string, number> =>
    Object.fromEntries(LISTENERS.map((name) => [name, cluster.logOf(name).split('\n').length]));

  it('when the NATS server lets somebody in: an open stream of a log goes on', async () => {
    const follower = await follow('mine');
    const newcomer: Identity = { role: 'user', name: 'newcomer' };
    await cluster.access.make(newcomer);
    await expect(cluster.bus(newcomer)).rejects.toThrow(ConnectionRefused);
    await cluster.admit(newcomer);
    await eventually(() => cluster.bus(newcomer));
    await follower.more(10);
    expect(await cluster.kubectl('-n', namespace, 'logs', 'theirs', '--tail=1')).toContain('line');
    await follower.stop();
  });

  it('when pieces of streams come that nobody asked for, into an open one', async () => {
    const follower = await follow('theirs');
    const { kubelet } = world.attackers;
    for (const id of ['evil', '0'.repeat(32)])
      expect(await kubelet.say(subjects.stream('api.main', id), Buffer.from('evil\n'))).toBe(false);
    await follower.more(5);
    expect(follower.text).not.toContain('evil');
    await follower.stop();
  });

  it('when garbage comes on every subject that a minion may speak on, and tells of each message once', async () => {
    const before = lines();
    let sent = 0;
    for (const agent of AGENTS) {
      const attacker = world.attackers[agent];
      for (const subject of reachableBy(attacker.identity))
        for (const bytes of GARBAGE) {
          await attacker.say(subject, bytes);
          await attacker.say(subject, bytes, attacker.ownInbox());
          sent += 2;
        }
    }
    expect(sent).toBeGreaterThan(GARBAGE.length * 20);
    await cluster.allReady();
    const after = await eventually(async () => {
      const then = lines();
      await cluster.allReady();
      expect(lines()).toEqual(then);
      return then;
    });
    for (const name of LISTENERS) expect(after[name]! - before[name]!).toBeLessThanOrEqual(sent + OTHER_LINES);
    await world.unharmed();
  });

  it('when an api dies with an open stream of a log: the kubelet answers all the while, and its heart beats', async () => {
    const follower = await follow('mine');
    const { pid } = cluster.process(`${CAPTURED}-kubelet`);
    const controller = await cluster.bus({ role: 'controller', name: 'main' });
    let beats = 0;
    controller.hear(Heartbeat, (_, { name }) => (beats += name === CAPTURED ? 1 : 0));
    await cluster.kill('api');
    await eventually(() => !follower.isRunning);
    const { bus } = await cluster.watcher();
    let unanswered = 0;
    const address = { service: 'kubelet', instance: CAPTURED };
    await eventually(
      async () => {
        await bus.ask(Health, {}, address, { timeoutMs: 2_000 }).catch(() => (unanswered += 1));
        await cluster.api.get('/readyz');
        return beats >= 2;
      },
      { timeoutMs: 30_000 },
    );
    expect(unanswered).toBe(0);
    expect(cluster.process(`${CAPTURED}-kubelet`).pid).toBe(pid);
    await world.works('after-the-api');
  });
});
