import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Cluster } from '../cluster';
import { reset } from '../commands/reset';
import { claim, release } from '../launcher-claim';
import { settingsFrom } from '../settings';
import { run, succeeds } from '../system/run';
import { isRoot } from '../system/tools';
import { makeUnderlay, plugMinion } from '../underlay/underlay';
import { clearSlot, unmountBelow } from './clear-slot';

/** No developer's cluster, and no other test's. */
const SLOT = 4;
/** Names that begin as those of the slot do, and are not its own. */
const STRANGERS = {
  netns: ['shiplog44-m1', 'shiplog4-m', 'shiplog4-m1-x'],
  table: 'shiplog_fabric_44',
  link: 'shiplog44m1',
};
/** One of the hierarchies of version 1, or the one of version 2. */
const CGROUPS = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
const onLinuxAsRoot = process.platform === 'linux' && isRoot() ? describe : describe.skip;

onLinuxAsRoot('clearing a slot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-clear-'));
  const settings = settingsFrom({ SHIPLOG_HOME: join(folder, 'home'), SHIPLOG_SLOT: String(SLOT) }, { minions: '1' });
  const cluster = new Cluster(settings, () => undefined);
  const { layout } = cluster;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    cluster.home.make();
    // Should somebody's cluster be there all the same, this refuses.
    claim(cluster);
    for (const name of STRANGERS.netns) await run('ip', ['netns', 'add', name]);
    await run('ip', ['link', 'add', STRANGERS.link, 'type', 'bridge']);
    await run('nft', ['add', 'table', 'ip', STRANGERS.table]);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await clearSlot(layout);
    for (const name of STRANGERS.netns) await run('ip', ['netns', 'del', name]);
    await run('ip', ['link', 'del', STRANGERS.link]);
    await run('nft', ['delete', 'table', 'ip', STRANGERS.table]);
    release(cluster);
    await unmountBelow(folder);
    rmSync(folder, { recursive: true });
  });

  /** A process whose command line holds a word; it stays. */
  const startNaming = (word: string): ChildProcess => {
    const child = spawn('sh', ['-c', 'while :; do sleep 1; done', 'sh', word], { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
  const namespaces = (): string[] => readdirSync('/run/netns').filter((name) => name.startsWith('shiplog4'));
  const mount = (...names: string[]): string => {
    const point = join(...names);
    mkdirSync(point, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'shiplog-test', point]);
    return point;
  };
  const isMounted = (point: string): Promise<boolean> => succeeds('mountpoint', ['-q', point]);

  it('removes its namespaces, links, rules and runtime folder, and nothing whose name only begins alike', async () => {
    const [minion] = layout.minions;
    await makeUnderlay(layout);
    if (minion !== undefined) await plugMinion(layout, minion);
    const point = mount(layout.runDir, 'minion-1', 'exec');
    await clearSlot(layout);
    expect(namespaces().sort()).toEqual([...STRANGERS.netns].sort());
    const links = await run('ip', ['-br', 'link']);
    expect(links).not.toMatch(/^shiplog4(m\d+)?[ @]/m);
    expect(links).toContain(STRANGERS.link);
    const tables = await run('nft', ['list', 'tables', 'ip']);
    expect(tables).not.toMatch(/shiplog_fabric_4$/m);
    expect(tables).toContain(STRANGERS.table);
    expect([await isMounted(point), existsSync(layout.runDir)]).toEqual([false, false]);
  });

  it('is done again without a word when there is nothing left', async () => {
    await clearSlot(layout);
    await expect(clearSlot(layout)).resolves.toBeUndefined();
  });

  it('ends what an engine of the slot left running, and no process that names another folder', async () => {
    const shim = startNaming(`${layout.runDir}/minion-1/containerd.sock`);
    const others = [`${layout.runDir}4/minion-1`, layout.runDir, '/run/shiplog/launcher'].map(startNaming);
    await clearSlot(layout);
    await eventually(() => hasEnded(shim));
    expect(shim.signalCode).toBe('SIGKILL');
    expect(others.map(hasEnded)).toEqual([false, false, false]);
  });

  it('ends the containers in the control groups of its minions, removes these, and none of others', async () => {
    const groups = ['shiplog4-m1', 'shiplog44-m1'].map((name) => join(CGROUPS, name));
    const placed = groups.map((group, index) => {
      const inner = join(group, 'pod', 'container');
      mkdirSync(inner, { recursive: true });
      const child = startNaming(`container ${index}`);
      writeFileSync(join(inner, 'cgroup.procs'), String(child.pid));
      return child;
    });
    await clearSlot(layout);
    await eventually(() => placed.slice(0, 1).every(hasEnded));
    expect(placed.map(hasEnded)).toEqual([true, false]);
    expect(groups.map((group) => existsSync(group))).toEqual([false, true]);
    const last = placed[1];
    last?.kill('SIGKILL');
    if (last !== undefined && !hasEnded(last)) await once(last, 'exit');
    for (const group of groups.slice(1)) {
      const empty = () => readFileSync(join(group, 'pod', 'container', 'cgroup.procs'), 'utf8') === '';
      await eventually(empty);
      for (const path of [join(group, 'pod', 'container'), join(group, 'pod'), group]) rmdirSync(path);
    }
  });

  describe('unmounting below a folder', () => {
    it('takes what lies on another mount first, and leaves a folder whose name only begins alike', async () => {
      const outer = mount(folder, 'state', 'docker');
      const inner = mount(outer, 'overlay', 'merged');
      const beside = mount(folder, 'state-of-another', 'docker');
      await unmountBelow(join(folder, 'state'));
      expect([await isMounted(inner), await isMounted(outer), await isMounted(beside)]).toEqual([false, false, true]);
    });

    it('finds a mount in a folder whose name has blanks: else what is mounted there would be removed with the home', async () => {
      const point = mount(folder, 'my state', 'docker overlay\\x');
      await unmountBelow(join(folder, 'my state'));
      expect(await isMounted(point)).toBe(false);
    });
  });

  describe('a reset', () => {
    const { home } = cluster;

    it('empties the home but for the cache, and follows neither links nor mounts out of it', async () => {
      release(cluster);
      const outside = mount(folder, 'outside');
      writeFileSync(join(outside, 'kept'), 'kept');
      mkdirSync(home.at('minions', 'minion-1', 'volume'), { recursive: true });
      execFileSync('mount', ['--bind', outside, home.at('minions', 'minion-1', 'volume')]);
      execFileSync('ln', ['-s', outside, home.at('link')]);
      mkdirSync(home.at('cache'));
      writeFileSync(home.at('cache', 'image.tar'), '');
      const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
      await reset({ ...settings, cache: home.at('cache') }).finally(() => write.mockRestore());
      expect(readdirSync(home.folder)).toEqual(['cache']);
      expect(readdirSync(home.at('cache'))).toEqual(['image.tar']);
      expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept');
    });
  });
});
