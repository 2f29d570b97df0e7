import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Cluster } from '../cluster';
import { inMinion } from '../engines/in-minion';
import { claim, release } from '../launcher-claim';
import { RANK } from '../processes/registry';
import { settingsFrom } from '../settings';
import { run, succeeds } from '../system/run';
import { isRoot } from '../system/tools';
import { makeUnderlay, netnsPath, plugMinion, removeUnderlay } from './underlay';
import { UnderlayWatch } from './underlay-watch';
import { observeUnderlay } from './observe-underlay';
import { planRepairs } from './plan/repairs';

/** No developer's cluster, and not that of the end-to-end tests. */
const SLOT = '7';
const onLinuxAsRoot = process.platform === 'linux' && isRoot() ? describe : describe.skip;

onLinuxAsRoot('the watch over what a launcher made for its minions', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-watch-'));
  const told: string[] = [];
  const states: string[] = [];
  const cluster = new Cluster(settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT }), (line) => told.push(line));
  const { layout } = cluster;
  const [first, second] = [layout.minions[0]!, layout.minions[1]!];
  const watch = new UnderlayWatch(cluster, (state) => states.push(state));

  beforeAll(async () => {
    cluster.home.make();
    // Should somebody's cluster be there all the same, this refuses.
    claim(cluster);
    await removeUnderlay(layout);
    await makeUnderlay(layout);
    for (const minion of layout.minions) await plugMinion(layout, minion);
    watch.start();
  });
  beforeEach(() => {
    told.length = 0;
    states.length = 0;
  });
  afterAll(async () => {
    await watch.stop();
    await cluster.registry.stop(() => undefined);
    await removeUnderlay(layout);
    release(cluster);
    rmSync(home, { recursive: true });
  });

  /** A process of the first minion that stays. */
  const startIn = (name: string) => {
    const line = inMinion(first, ['sleep', '300']);
    const spec = { name: `${first.name}-${name}`, log: join(home, `${name}.log`), rank: RANK.agent };
    return cluster.registry.start({ ...line, ...spec });
  };
  const namespaceOf = (pid: number) => readlinkSync(`/proc/${pid}/ns/net`);
  const pidOf = ({ state }: ReturnType<typeof startIn>) => (state.kind === 'running' ? state.identity.pid : 0);
  const named = async () => (await run('stat', ['-Lc', 'net:[%i]', netnsPath(first)])).trim();
  /** Nothing of the network is missing; engines there are none here. */
  const isWhole = async () =>
    planRepairs(layout, await observeUnderlay(layout)).every((lack) => lack.kind === 'engine');
  /** The watch has put all right and said so: what it says of one test's damage is not heard in the next. */
  const mended = async () => {
    await eventually(isWhole);
    await eventually(() => states.at(-1) === 'whole');
  };
  /** A closed port answers with a refusal, which only one who is reached can send. */
  const reaches = (from: typeof first, address: string) => {
    const script = `require('net').connect(9, '${address}').on('error', (e) => process.exit(e.code === 'ECONNREFUSED' ? 0 : 1))`;
    const line = inMinion(from, ['timeout', '3', process.execPath, '-e', script]);
    return succeeds(line.command, line.args);
  };
  const meet = async () => (await reaches(first, second.address)) && (await reaches(second, layout.hostAddress));

  it('makes a deleted bridge again, with every veth in it', async () => {
    expect(await meet()).toBe(true);
    await run('ip', ['link', 'del', layout.bridge]);
    expect(await isWhole()).toBe(false);
    await mended();
    expect(await meet()).toBe(true);
    expect(states[0]).toBe('lacking');
    expect(told[0]).toMatch(/vanished: bridge shiplog7, link shiplog7m1 of minion-1, .*; making it again/);
  });

  it('makes a namespace again in which nobody was', async () => {
    await run('ip', ['netns', 'del', second.netns]);
    await mended();
    expect(await meet()).toBe(true);
  });

  it('gives a namespace its name back when it lives on in its processes, and disturbs none of them', async () => {
    const sleeper = startIn('sleeper');
    await eventually(async () => namespaceOf(pidOf(sleeper)) === (await named()));
    const before = { pid: pidOf(sleeper), namespace: await named() };
    await run('ip', ['netns', 'del', first.netns]);
    await mended();
    expect({ pid: pidOf(sleeper), namespace: await named() }).toEqual(before);
    expect(await meet()).toBe(true);
    await sleeper.stop();
  });

  it('takes a name that is only an empty file for none', async () => {
    await run('umount', [netnsPath(second)]);
    await mended();
    expect(await meet()).toBe(true);
  });

  it('plugs a veth in again, and restarts the agent that had routes over it', async () => {
    const agent = startIn('network');
    const before = pidOf(agent);
    await run('ip', ['link', 'del', first.veth]);
    await mended();
    expect(pidOf(agent)).not.toBe(before);
    expect(told.at(-1)).toBe('all is there again; restarted minion-1-network');
    expect(await meet()).toBe(true);
  });

  it.each(['addr flush dev eth0', 'link set eth0 down'])(
    'connects a minion again in which somebody typed `ip %s`',
    async (words) => {
      await run('ip', ['-n', first.netns, ...words.split(' ')]);
      expect(await isWhole()).toBe(false);
      await mended();
      expect(await meet()).toBe(true);
    },
  );

  it('leaves a process alone that the user has stopped', async () => {
    const agent = cluster.registry.get(`${first.name}-network`)!;
    await agent.stop();
    await run('ip', ['link', 'del', first.veth]);
    await mended();
    expect(agent.state.kind).toBe('stopped');
  });

  it('writes the rules again that a flushed firewall lost', async () => {
    await run('nft', ['delete', 'table', 'ip', layout.underlayTable]);
    await mended();
  });

  it('says once what it cannot put right, and goes on trying', async () => {
    await run('ip', ['link', 'del', layout.bridge]);
    await run('ip', ['link', 'add', layout.bridge, 'type', 'veth', 'peer', 'name', 'shiplog7peer']);
    await eventually(() => told.filter((line) => /failed/.test(line)).length > 0);
    await run('ip', ['link', 'del', layout.bridge]);
    await mended();
    expect(new Set(told).size).toBe(told.length);
    expect(await meet()).toBe(true);
  });

  it('removal takes the namespaces and links of minions along that are no longer asked for', async () => {
    await watch.stop();
    const five = new Cluster(
      settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT }, { minions: '5' }),
      () => undefined,
    );
    const last = five.layout.minions.at(-1)!;
    await plugMinion(five.layout, last);
    const holder = cluster.registry.start({
      ...inMinion(last, ['sleep', '300']),
      name: 'holder',
      log: join(home, 'holder.log'),
      rank: RANK.agent,
    });
    await eventually(async () => (await run('ip', ['netns', 'pids', last.netns])).trim() === String(pidOf(holder)));
    await run('ip', ['netns', 'del', last.netns]);
    await removeUnderlay(layout);
    const links = await run('ip', ['-br', 'link']);
    expect(links).not.toMatch(/^shiplog7/m);
    expect(await run('ip', ['netns', 'list'])).not.toContain('shiplog7-m');
  });
});
