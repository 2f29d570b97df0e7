import type { PodIdentity } from '../../runtime/runtime';
import type { MemoryUsage } from './cgroup-files';
import type { CpuRate } from './cpu-rate';

/** What a cgroup uses now. */
export interface Usage {
  /** When it was read, epoch milliseconds. */
  readonly time: number;
  /** Of all processors, since the cgroup was made. */
  readonly cpuNanoseconds: number;
  /** Undefined for the first look at a cgroup, when it isn't new. */
  readonly cpuRate: CpuRate | undefined;
  readonly memory: MemoryUsage;
}

export interface ContainerUsage extends Usage {
  readonly name: string;
  readonly containerId: string;
  /** When it was started, as the engine writes it. */
  readonly startedAt: string;
}

/** A pod's usage: of all in its cgroup; where the engine has none of the pod's own, of its containers together. */
export interface PodUsage extends Usage {
  readonly pod: PodIdentity;
  /** Those that run, init and ephemeral ones as well; not the sandbox. */
  readonly containers: readonly ContainerUsage[];
  /** Processes and threads; undefined where the pod has no cgroup of its own. */
  readonly processes: number | undefined;
}

/** Of the time that all were looked at; undefined unless the rate of each is known. */
export function sumOfRates(usages: readonly Usage[]): CpuRate | undefined {
  const rates = usages.flatMap(({ cpuRate }) => cpuRate ?? []);
  if (rates.length === 0 || rates.length < usages.length) return undefined;
  return { nanoCores: sum(rates, (rate) => rate.nanoCores), windowMs: Math.max(...rates.map((rate) => rate.windowMs)) };
}

export function sumOfMemory(usages: readonly Usage[]): MemoryUsage {
  const of = (field: keyof MemoryUsage): number => sum(usages, ({ memory }) => memory[field]);
  return {
    usageBytes: of('usageBytes'),
    workingSetBytes: of('workingSetBytes'),
    rssBytes: of('rssBytes'),
    pageFaults: of('pageFaults'),
    majorPageFaults: of('majorPageFaults'),
  };
}

export function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
