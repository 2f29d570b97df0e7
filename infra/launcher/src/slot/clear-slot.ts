import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removeUnderlay } from '../underlay/underlay';
import type { Layout } from '../layout';
import { signalProcess } from '../processes/ending';
import { removeHostRules } from '../services/host-rules';
import { mountPointsBelow } from '../system/mounts';
import { run } from '../system/run';
import { findTool, isRoot } from '../system/tools';

const CGROUPS = '/sys/fs/cgroup';
/** What was killed is given so long to end. */
const ENDING_MS = 3_000;

/**
 * Removes whatever clusters of a slot left in the kernel and in its runtime folder: containers, namespaces, links,
 * rules, mounts. The caller has made sure that no running cluster is another's. Data in homes stays.
 */
export async function clearSlot(layout: Layout): Promise<void> {
  if (process.platform !== 'linux' || !isRoot() || findTool('ip') === undefined) return;
  killContainers(layout);
  await removeGroups(layout);
  await removeHostRules(layout);
  await removeUnderlay(layout);
  await unmountBelow(layout.runDir);
  rmSync(layout.runDir, { recursive: true, force: true });
}

/**
 * Removes what a cluster of another home, of which nothing runs, left in a slot; its data stays. The caller has found it
 * abandoned.
 */
export async function clearAbandoned(layout: Layout, home: string): Promise<void> {
  await clearSlot(layout);
  if (process.platform === 'linux' && isRoot()) await unmountBelow(home);
}

/** Unmounts all below a folder, deepest first: overlays of containers, then what they lie on. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountPointsBelow(folder)) {
    try {
      await run('umount', ['-l', point]);
    } catch (error) {
      // It may have gone by itself, or with another of its group.
      if (mountPointsBelow(folder).includes(point)) throw error;
    }
  }
}

/** Containers and their shims outlive an engine that was killed; control groups and command lines still name them. */
function killContainers(layout: Layout): void {
  for (const root of [CGROUPS, join(CGROUPS, 'pids')].filter((folder) => existsSync(folder))) {
    const groups = readdirSync(root).filter((name) => layout.netnsPattern.test(name));
    for (const pid of groups.flatMap((group) => pidsBelow(join(root, group)))) signalProcess(pid, 'SIGKILL');
  }
  for (const pid of pidsWith(`${layout.runDir}/`)) signalProcess(pid, 'SIGKILL');
}

/** The control groups themselves, of every hierarchy: a reset is to leave nothing. What does not end in time stays. */
async function removeGroups(layout: Layout): Promise<void> {
  const hierarchies = ['', ...foldersIn(CGROUPS)].map((name) => join(CGROUPS, name));
  const groups = hierarchies.flatMap((root) =>
    foldersIn(root)
      .filter((name) => layout.netnsPattern.test(name))
      .map((name) => join(root, name)),
  );
  const deadline = Date.now() + ENDING_MS;
  for (const group of groups) while (!removeGroup(group) && Date.now() < deadline) await pause(20);
}

/** Whether the group is gone, with all below it. */
function removeGroup(folder: string): boolean {
  for (const name of foldersIn(folder)) if (!removeGroup(join(folder, name))) return false;
  try {
    rmdirSync(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EBUSY';
  }
  return true;
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Processes whose command line names a folder that only this slot's engines use. */
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
  return [...own, ...foldersIn(folder).flatMap((name) => pidsBelow(join(folder, name)))];
}
