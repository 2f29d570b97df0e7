import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Memory of a process in bytes: its share (PSS) where the kernel tells, so that what processes have in common is
 * counted once over all of them; else what is resident. 0 when it is gone.
 */
export function memoryOf(pid: number): number {
  try {
    if (process.platform === 'linux') return 1024 * pssKilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return 0; // It has ended, or belongs to another user.
  }
}

function pssKilobytes(text: string): number {
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
}
