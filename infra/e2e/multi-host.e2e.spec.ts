import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';
import { HostPods } from './support/host-pods';
import { TestMinion } from './support/minion';
import { E2E_MINIONS } from './support/place';

const NAMESPACE = 'multi-host';
/** How long a minion has no bus, in seconds: longer than it takes to be thought lost. A night's run may have minutes (SHIPLOG_E2E_OUTAGE). */
const OUTAGE_MS = Number(process.env.SHIPLOG_E2E_OUTAGE ?? 12) * 1_000;
/** For all that a test does beside waiting for the end of an outage. */
const PATIENCE_MS = 120_000;

describe('several minions, each with a network and an engine of its own', () => {
  const cluster = new TestCluster();
  const minions = Array.from({ length: E2E_MINIONS }, (_, nth) => new TestMinion(cluster, `minion-${nth + 1}`));
  const [first, second, victim] = minions as [TestMinion, TestMinion, TestMinion];
  const others = [first, second];
  const pods = new HostPods(cluster, NAMESPACE, minions);

  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    await pods.create();
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  /** Every pod of some reaches every pod of some, by address, Service and name; their minions reach the Services. */
  const allPairs = (of: readonly TestMinion[] = minions): Promise<boolean> =>
    eventually(
      async () => {
        const ways = pods.waysTo(of);
        const services = new Map(of.map(({ name }) => [pods.clusterIp(name), name]));
        await Promise.all(
          of.map(async (from) => {
            expect(sorted(await pods.ask(from, ways.keys()))).toEqual(sorted(ways));
            expect(await pods.askFromHost(from, services.keys())).toEqual(services);
          }),
        );
        return true;
      },
      { timeoutMs: 20_000 },
    );

  it('reach each other’s pods by address, by Service and by name', async () => {
    expect(pods.waysTo().size).toBe(4 * E2E_MINIONS);
    await allPairs();
  });

  it('go on when one is cut off: its pods run on, the others’ Services leave it out, and it comes back', async () => {
    const before = await pods.identities();
    const pids = victim.pids();
    await victim.cutOff();
    try {
      await victim.becomes('Unknown');
      // To itself the minion is whole: its own pod answers at its address, and behind its Service.
      const own = [pods.addressOf(victim.name), pods.clusterIp(victim.name)];
      expect([...(await pods.ask(victim, own)).values()]).toEqual([victim.name, victim.name]);
      await allPairs(others);
      await eventually(async () => {
        const answers = await Promise.all(Array.from({ length: 8 }, () => pods.ask(first, [pods.clusterIp('any')])));
        const names = answers.flatMap((answer) => [...answer.values()]);
        return names.every((name) => others.some((minion) => minion.name === name));
      });
    } finally {
      await victim.plugIn();
    }
    await victim.becomes('True');
    await allPairs();
    expect(await pods.identities()).toEqual(before);
    expect(victim.pids()).toEqual(pids);
  });

  it('go on when all that runs on one is killed: its pods run on, and it takes them up again', async () => {
    const before = await pods.identities();
    await victim.kill();
    expect(victim.pids()).toEqual([]);
    await allPairs(others);
    // Neither containers nor rules need who made them.
    const way = pods.clusterIp(victim.name);
    expect((await pods.ask(first, [way])).get(way)).toBe(victim.name);
    await victim.start();
    await cluster.allReady();
    await victim.becomes('True');
    await allPairs();
    expect(await pods.identities()).toEqual(before);
  });

  it('have again within seconds what somebody deletes of the network of one', async () => {
    const whole = await networkOf(victim);
    const [veth = ''] = whole.links.filter((link) => link.startsWith('veth'));
    const damages = [
      ['ip', 'link', 'delete', 'cni0'],
      ['ip', 'link', 'delete', 'flannel.1'],
      ['ip', 'link', 'delete', veth],
      ['ip', 'route', 'flush', 'proto', AGENTS_ROUTES],
      ['nft', 'delete', 'table', 'ip', `shiplog_proxy_${victim.name.replace('-', '_')}`],
      ['nft', 'flush', 'ruleset'],
    ];
    for (const damage of damages) {
      await victim.within(...damage);
      await eventually(async () => expect(await networkOf(victim)).toEqual(whole) ?? true, { timeoutMs: 15_000 });
    }
    await allPairs();
  });

  it(
    'do without the bus for a while: pods run on, are started again, and Services are as they were last heard',
    async () => {
      const pids = victim.pids();
      await cluster.apply(movingTo(first.name));
      const { clusterIP } = (
        await cluster.api.get<{ spec: { clusterIP: string } }>(`/api/v1/namespaces/${NAMESPACE}/services/moving`)
      ).spec;
      const moved = (from: TestMinion) => pods.ask(from, [clusterIP]).then((answers) => answers.get(clusterIP));
      await eventually(async () => (await moved(victim)) === first.name);

      await victim.blockBus();
      try {
        const over = Date.now() + OUTAGE_MS;
        await cluster.apply(movingTo(second.name));
        await eventually(async () => (await moved(first)) === second.name);
        const killed = await pods.container(victim);
        await killed.kill();
        await eventually(async () => (await pods.container(victim)).id !== killed.id);
        while (Date.now() < over) {
          expect(await moved(victim)).toBe(first.name);
          await wait(250);
        }
        await victim.becomes('Unknown');
      } finally {
        await victim.unblockBus();
      }

      await eventually(async () => (await moved(victim)) === second.name, { timeoutMs: 30_000 });
      await victim.becomes('True');
      await cluster.podsReady(NAMESPACE, E2E_MINIONS);
      await allPairs();
      expect(victim.pids()).toEqual(pids);
    },
    OUTAGE_MS + PATIENCE_MS,
  );
});

/** The protocol by which the network agent marks its routes. */
const AGENTS_ROUTES = '201';

/** What there is of a minion's network: its links, where the agent's routes lead, and what packets pass through. */
async function networkOf(minion: TestMinion) {
  const [links, routes, chains] = await Promise.all([
    minion.within('ip', '-j', 'link', 'show'),
    minion.within('ip', '-j', 'route', 'show', 'proto', AGENTS_ROUTES),
    minion.within('nft', 'list', 'chains'),
  ]);
  return {
    links: (JSON.parse(links) as { ifname: string }[]).map(({ ifname }) => ifname).sort(),
    routes: (JSON.parse(routes) as { dst: string; dev: string }[]).map(({ dst, dev }) => `${dst} ${dev}`).sort(),
    tables: chains
      .split(/^(?=table )/m)
      .map(hooksOf)
      .sort(),
  };
}

/** A table and those of its chains that the kernel knows of: others come and go with what Services need. */
function hooksOf(table: string): string {
  // A table of policies that is made again may have another number.
  const name = (table.split(' {')[0] ?? '').replace(/(_policies)_\d/g, '$1');
  const hooks = table.match(/^\tchain \S+ \{\n\t\ttype .*$/gm) ?? [];
  return [name, ...hooks.sort()].join('\n');
}

function movingTo(minion: string) {
  const spec = { selector: { on: minion }, ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'moving', namespace: NAMESPACE }, spec };
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => a.localeCompare(b));
}
