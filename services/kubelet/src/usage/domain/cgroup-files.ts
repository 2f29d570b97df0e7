/** What a cgroup, with all below it, holds of memory, in bytes. */
export interface MemoryUsage {
  readonly usageBytes: number;
  /** What can't be taken back from it without swapping: all but the cache of files that were not read again. */
  readonly workingSetBytes: number;
  /** Anonymous memory: no cache, and no files. */
  readonly rssBytes: number;
  /** Since the cgroup was made. */
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

/** One way the kernel tells of cgroups: which files it has, below a controller's hierarchy ('' for the one of version 2). */
export interface CgroupFiles {
  readonly cpu: readonly [controller: string, file: string];
  readonly memory: readonly [controller: string, usage: string, statistics: string];
  readonly processes: readonly [controller: string, file: string];
  /** Nanoseconds of all processors since the cgroup was made; undefined for what is not the file's text. */
  parseCpu(text: string): number | undefined;
  /** `usage` is undefined where the kernel has no such file: for the root of version 2. */
  parseMemory(usage: string | undefined, statistics: string): MemoryUsage | undefined;
}

/** A hierarchy for each controller. Statistics of a whole tree are those that begin with `total_`. */
export const VERSION_1: CgroupFiles = {
  cpu: ['cpuacct', 'cpuacct.usage'],
  memory: ['memory', 'memory.usage_in_bytes', 'memory.stat'],
  processes: ['pids', 'pids.current'],
  parseCpu: parseCount,
  parseMemory(usage, statistics) {
    const of = parseStatistics(statistics);
    return memoryOf(usage === undefined ? undefined : parseCount(usage), {
      inactiveFile: of('total_inactive_file'),
      rss: of('total_rss'),
      pageFaults: of('total_pgfault'),
      majorPageFaults: of('total_pgmajfault'),
    });
  },
};

/** One hierarchy for all controllers. Its root has no file of its usage: that is all that is anonymous or of files, as in version 1. */
export const VERSION_2: CgroupFiles = {
  cpu: ['', 'cpu.stat'],
  memory: ['', 'memory.current', 'memory.stat'],
  processes: ['', 'pids.current'],
  parseCpu(text) {
    const microseconds = parseStatistics(text)('usage_usec');
    return microseconds === undefined ? undefined : microseconds * 1_000;
  },
  parseMemory(usage, statistics) {
    const of = parseStatistics(statistics);
    const [anonymous, files] = [of('anon'), of('file')];
    const all = anonymous === undefined || files === undefined ? undefined : anonymous + files;
    return memoryOf(usage === undefined ? all : parseCount(usage), {
      inactiveFile: of('inactive_file'),
      rss: anonymous,
      pageFaults: of('pgfault'),
      majorPageFaults: of('pgmajfault'),
    });
  },
};

/**
 * Where a container's cgroup is, by `/proc/<pid>/cgroup` of its first process (cgroups(7)). Undefined for a path without the
 * container's id: then the process is another's, of this machine, and the container's engine is elsewhere.
 */
export function cgroupPathOf(text: string, containerId: string, files: CgroupFiles): string | undefined {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const [controller] = files.memory;
  const path = lines.find((line) => line?.[1]?.split(',').includes(controller) === true)?.[2];
  return path?.includes(containerId) === true ? path : undefined;
}

/** A file that holds one number. */
export function parseCount(text: string): number | undefined {
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** A file of lines `name value`. */
function parseStatistics(text: string): (name: string) => number | undefined {
  const values = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line]));
  return (name) => parseCount(values.get(name)?.slice(name.length + 1) ?? '');
}

interface MemoryStatistics {
  readonly inactiveFile: number | undefined;
  readonly rss: number | undefined;
  readonly pageFaults: number | undefined;
  readonly majorPageFaults: number | undefined;
}

/** Kubernetes' rule of the working set (setMemoryStats of cAdvisor): what is used, but for inactive pages of files. */
function memoryOf(usageBytes: number | undefined, statistics: MemoryStatistics): MemoryUsage | undefined {
  const { inactiveFile, rss, pageFaults = 0, majorPageFaults = 0 } = statistics;
  if (usageBytes === undefined || inactiveFile === undefined || rss === undefined) return undefined;
  const workingSetBytes = Math.max(0, usageBytes - inactiveFile);
  return { usageBytes, workingSetBytes, rssBytes: rss, pageFaults, majorPageFaults };
}
