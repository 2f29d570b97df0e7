import type { ContainerAmounts } from '../../runtime/runtime';

/** A file of a cgroup, below its controller's hierarchy ('' for the one of version 2), and what is written into it. */
export type CgroupFile = readonly [controller: string, file: string, value: string];

type Amounts = ContainerAmounts & { readonly pids: number };

const PERIOD_US = 100_000;

/** Version 1. A limit that there is none of any more is lifted. */
export function renderHierarchies({ cpuShares, cpuQuota, memoryBytes, pids }: Amounts): CgroupFile[] {
  return [
    ['cpu', 'cpu.shares', String(cpuShares)],
    ['cpu', 'cpu.cfs_quota_us', cpuQuota === 0 ? '-1' : String(cpuQuota)],
    ['memory', 'memory.limit_in_bytes', memoryBytes === 0 ? '-1' : String(memoryBytes)],
    ['pids', 'pids.max', pids === 0 ? 'max' : String(pids)],
  ];
}

/** Version 2; its weight is what runc makes of shares. */
export function renderUnified({ cpuShares, cpuQuota, memoryBytes, pids }: Amounts): CgroupFile[] {
  const weight = 1 + Math.floor(((cpuShares - 2) * 9_999) / 262_142);
  return [
    ['', 'cpu.weight', String(weight)],
    ['', 'cpu.max', `${cpuQuota === 0 ? 'max' : cpuQuota} ${PERIOD_US}`],
    ['', 'memory.max', memoryBytes === 0 ? 'max' : String(memoryBytes)],
    ['', 'pids.max', pids === 0 ? 'max' : String(pids)],
  ];
}
