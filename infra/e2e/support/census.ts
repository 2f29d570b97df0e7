import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import type { MinionLayout } from '../../launcher/src/layout';
import { inMinion } from '../../launcher/src/engines/in-minion';
import { run } from '../../launcher/src/system/run';
import type { TestCluster } from './cluster';

const PATIENCE = { timeoutMs: 90_000 };
/** Pods of a node that is gone are known to be orphans after 40 seconds (podgc of Kubernetes). */
const GONE = { timeoutMs: 90_000 };
/** Where the kernel shows control groups: of one hierarchy, or in a folder of each. */
export const CGROUPS = '/sys/fs/cgroup';

/** How many there are of everything that a cluster makes on its machines, by what it is and where. */
export type Census = Readonly<Record<string, number>>;

/** Counts what a cluster has on its minions and on this machine, whether it works or is a rest of something. */
export async function takeCensus(cluster: TestCluster): Promise<Census> {
  const { layout } = cluster;
  const [minions, printed, rules] = await Promise.all([
    Promise.all(layout.minions.map((minion) => ofMinion(cluster, minion))),
    run('ip', ['-j', 'address']),
    run('nft', ['-j', 'list', 'ruleset']),
  ]);
  const ours = linksOf(printed).filter(({ ifname }) => ifname === layout.bridge || layout.vethPattern.test(ifname));
  return Object.assign(
    { 'host: links': ours.length },
    ofRules('host', rules, new RegExp(`_(host|fabric)_${layout.slot}$`)),
    ...minions,
  ) as Census;
}

/** The same once nothing of what was before is being removed any more, nothing is being made, and all that is there is Ready. */
export async function settledCensus(cluster: TestCluster): Promise<Census> {
  await eventually(async () => !(await cluster.kubectl('get', 'namespaces')).includes('Terminating'), GONE);
  return eventually(async () => {
    await cluster.allRunning();
    const first = await takeCensus(cluster);
    expect(await takeCensus(cluster)).toEqual(first);
    return first;
  }, PATIENCE);
}

async function ofMinion(cluster: TestCluster, minion: MinionLayout): Promise<Census> {
  const within = (...command: string[]) => {
    const line = inMinion(minion, command);
    return run(line.command, line.args);
  };
  const [printed, rules, tracked, containers] = await Promise.all([
    within('ip', '-j', 'address'),
    within('nft', '-j', 'list', 'ruleset'),
    within('cat', '/proc/net/nf_conntrack'),
    cluster
      .engines()
      .find(({ minion: name }) => name === minion.name)!
      .engine.listContainers({ all: true }),
  ]);
  const links = linksOf(printed);
  const { name } = minion;
  return {
    [`${name}: containers`]: containers.length,
    [`${name}: links`]: links.length,
    [`${name}: addresses`]: links.flatMap(({ addr_info }) => addr_info ?? []).length,
    [`${name}: mounts`]: mountsBelow(minion.home) + mountsBelow(minion.runDir),
    [`${name}: processes`]: processesNaming(`${minion.runDir}/`),
    [`${name}: control groups`]: controlGroups(minion.cgroup),
    [`${name}: lasting connections of Services`]: connections(tracked, cluster.layout.serviceCidr),
    ...ofRules(name, rules),
  };
}

interface Link {
  readonly ifname: string;
  readonly addr_info?: readonly unknown[];
}

function linksOf(printed: string): Link[] {
  return JSON.parse(printed) as Link[];
}

/** An object of `nft -j`: of one kind, and of a table, which has neither a number of elements nor of rules by itself. */
type Printed = Readonly<Record<string, { readonly table?: string; readonly elem?: readonly unknown[] }>>;

/** Rules, sets and elements of each table. The number behind a table of policies is that of its last writing. */
function ofRules(where: string, printed: string, only = /./): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of (JSON.parse(printed) as { nftables: Printed[] }).nftables) {
    const [kind, { table, elem }] = Object.entries(item)[0]!;
    if (table === undefined || !only.test(table)) continue;
    const name = `${where}: ${table.replace(/_policies_\d+$/, '_policies')}:`;
    // Where a proxy picks backends is there a while longer than who needed it, in case of the next.
    if (!table.includes('_proxy_')) add(counts, `${name} ${kind}s`, 1);
    if (elem !== undefined) add(counts, `${name} elements`, elem.length);
  }
  return counts;
}

function add(counts: Record<string, number>, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}

function mountsBelow(folder: string): number {
  const points = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return points.filter((line) => line.split(' ')[4]?.startsWith(`${folder}/`)).length;
}

/** How many processes name a folder in their command line: engines do, and what they started for containers. */
export function processesNaming(folder: string): number {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => commandLine(pid).includes(folder)).length;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

/** In every hierarchy. */
function controlGroups(name: string): number {
  const roots = ['.', ...foldersIn(CGROUPS)].map((hierarchy) => join(CGROUPS, hierarchy, name));
  return roots.reduce((sum, root) => sum + foldersBelow(root), 0);
}

function foldersBelow(folder: string): number {
  return foldersIn(folder).reduce((sum, name) => sum + 1 + foldersBelow(join(folder, name)), 0);
}

/** The names of the folders in one, if it is there. */
export function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Entries of connections that are up and were begun to an address of a Service. */
function connections(tracked: string, serviceCidr: string): number {
  const network = serviceCidr.split('.').slice(0, 2).join('.');
  return tracked.split('\n').filter((line) => line.includes(' ESTABLISHED ') && line.includes(` dst=${network}.`))
    .length;
}
