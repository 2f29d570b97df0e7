import { runProgram } from '@shiplog/hostnet';

/** A pod whose files take longer to walk is not measured this time. */
const LIMIT_MS = 30_000;

/**
 * What all below some directories and files takes of the disk, each file once, and nothing of what is mounted there: bytes, or files. A
 * program of the machine counts, for the reasons of `usedBytes`. Undefined where it does not come to an end in time.
 */
export async function diskUsage(paths: readonly string[], what: 'bytes' | 'inodes'): Promise<number | undefined> {
  if (paths.length === 0) return 0;
  const script = 'flag=$1; shift; nice -n 19 du "$flag" -scx -- "$@" 2> /dev/null || :';
  const flag = what === 'bytes' ? '-k' : '--inodes';
  try {
    const said = await runProgram('sh', ['-c', script, 'sh', flag, ...paths], '', { limitMs: LIMIT_MS });
    const total = Number(/^(\d+)\s+total$/m.exec(said)?.[1] ?? 0);
    return what === 'bytes' ? total * 1_024 : total;
  } catch {
    return undefined;
  }
}
