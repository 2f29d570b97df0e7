import { readFileSync } from 'node:fs';

/** Ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const TICK_MICROSECONDS = 10_000;

/** Processor time of a process and its descendants since they began, in microseconds; 0 where the kernel does not tell. */
export function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may hold spaces: what follows the last bracket begins with the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + cpuOf(Number(child)), own);
  } catch {
    return 0; // It has ended, or this is no Linux.
  }
}
