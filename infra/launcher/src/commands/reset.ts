import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Cluster } from '../cluster';
import { engineAt } from '../engines/engine-client';
import { removeContainers } from '../engines/stop-containers';
import { removeFabric } from '../fabric/fabric';
import { removeHostRules } from '../services/host-rules';
import type { LauncherSettings } from '../settings';
import { run } from '../system/run';
import { signalProcess } from '../processes/ending';
import { findTool, isRoot } from '../system/tools';
import { down } from './down';

/** Stops the cluster and removes its state, down to namespaces and mounts. The cache of images and packages stays. */
export async function reset(settings: LauncherSettings): Promise<void> {
  const cluster = new Cluster(settings, (sentence) => void process.stdout.write(`  ! ${sentence}\n`));
  await down(settings);
  if (settings.dockerHost !== undefined) await removePodsOf(settings.dockerHost);
  if (process.platform === 'linux' && isRoot() && findTool('ip') !== undefined) {
    await killContainers(cluster);
    await removeHostRules(cluster.layout);
    await removeFabric(cluster.layout);
    await unmountBelow(settings.home);
    await unmountBelow(cluster.layout.runDir);
    rmSync(cluster.layout.runDir, { recursive: true, force: true });
  }
  if (existsSync(settings.home)) {
    const keep = keptEntry(settings);
    for (const entry of readdirSync(settings.home)) {
      if (entry !== keep) rmSync(join(settings.home, entry), { recursive: true, force: true });
    }
  }
  const kept = keptEntry(settings);
  process.stdout.write(`  ✓ ${settings.home} is empty${kept === undefined ? '' : ` but for ${kept}`}\n`);
}

/** The cache, where it is below the home. */
function keptEntry({ home, cache }: LauncherSettings): string | undefined {
  const [first] = relative(home, cache).split('/');
  return first === '..' || !existsSync(cache) ? undefined : first;
}

/** Pods' containers carry a label, so that nothing else of the user's engine is touched. */
async function removePodsOf(dockerHost: string): Promise<void> {
  await engineAt(dockerHost).ping();
  await removeContainers(dockerHost, { label: ['io.shiplog.node'] });
}

/** Containers and their shims outlive an engine that was killed; control groups and command lines still name them. */
async function killContainers(cluster: Cluster): Promise<void> {
  for (const minion of cluster.layout.minions) {
    for (const root of ['/sys/fs/cgroup', '/sys/fs/cgroup/pids']) {
      for (const pid of pidsBelow(join(root, minion.cgroup))) signalProcess(pid, 'SIGKILL');
    }
  }
  for (const pid of pidsWith(`${cluster.layout.runDir}/`)) signalProcess(pid, 'SIGKILL');
}

/** Processes whose command line names a folder that only this cluster's engines use. */
function pidsWith(words: string): number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.map(Number).filter((pid) => pid !== process.pid && commandLine(pid).includes(words));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

function pidsBelow(folder: string): number[] {
  if (!existsSync(join(folder, 'cgroup.procs'))) return [];
  const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...below.flatMap((entry) => pidsBelow(join(folder, entry.name)))];
}

/** Deepest first: overlays of containers, then what they lie on. */
async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
  for (const point of points) await run('umount', ['-l', point]);
}
