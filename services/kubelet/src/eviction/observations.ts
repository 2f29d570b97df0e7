import { readFile, statfs } from 'node:fs/promises';
import type { Signal } from './domain/thresholds';
import type { Observation, ObservedSignal } from './decide/pressure';

/** Where the disks are that are looked at. */
export interface Disks {
  /** Of pods' volumes and files. */
  readonly node: string;
  /** Of images and what containers write; '' while it is not known. */
  readonly images: string;
}

/**
 * What this machine has left. Of memory that is what the kernel says could be given to programs at once: unlike Kubernetes' own figure
 * it does not take files that were read lately for lost.
 */
export async function readObservations(disks: Disks, pids: number): Promise<Map<ObservedSignal, Observation>> {
  const all = new Map<ObservedSignal, Observation>();
  const [meminfo, loadavg] = await Promise.all([textOf('/proc/meminfo'), textOf('/proc/loadavg')]);
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1]);
  const [available, capacity] = [kilobytes('MemAvailable') * 1_024, kilobytes('MemTotal') * 1_024];
  if (capacity > 0 && available >= 0) all.set('memory.available', { available, capacity });
  await lookAtDisk(all, disks.node, 'nodefs.available', 'nodefs.inodesFree');
  await lookAtDisk(all, disks.images, 'imagefs.available', 'imagefs.inodesFree');
  const running = /^\S+ \S+ \S+ \d+\/(\d+)/.exec(loadavg)?.[1];
  if (running !== undefined) all.set('pid.available', { available: pids - Number(running), capacity: pids });
  return all;
}

/** A folder of another machine's is none here; and some file systems count no files. */
async function lookAtDisk(
  all: Map<ObservedSignal, Observation>,
  folder: string,
  bytes: Signal,
  inodes: Signal,
): Promise<void> {
  const disk = folder === '' ? undefined : await statfs(folder).catch(() => undefined);
  if (disk === undefined) return;
  all.set(bytes, { available: disk.bavail * disk.bsize, capacity: disk.blocks * disk.bsize });
  if (disk.files > 0) all.set(inodes, { available: disk.ffree, capacity: disk.files });
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
