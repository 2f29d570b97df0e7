import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Memory of a process and its descendants in bytes: their share (PSS) where the kernel tells, so that what processes
 * have in common is counted once over all of them; else what is resident. 0 when it is gone.
 */
export function memoryOf(pid: number): number {
  try {
    if (process.platform === 'linux') return memoryOfTree(pid);
    return 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return 0; // It has ended, or belongs to another user.
  }
}

function memoryOfTree(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const own = 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + memoryOf(Number(child)), own);
}
