import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills a command that the engine runs in a container, and all that is of its session (setsid(2)): the engine gives each
 * command one. Its process ids are this machine's only if the engine is: with one in a virtual machine or elsewhere, the
 * same number here is somebody else's process. So each has to be in the container's own cgroup, whose path has the
 * container's id in it; any other is left alone, and ends with its container.
 */
export async function killSession(containerId: string, leader: number): Promise<void> {
  if (leader <= 0 || !(await isWithin(containerId, leader))) return;
  const others = await membersOf(leader);
  for (const pid of [leader, ...others.filter((other) => other !== leader)]) {
    if (await isWithin(containerId, pid)) kill(pid);
  }
}

async function isWithin(containerId: string, pid: number): Promise<boolean> {
  return (await textOf(`/proc/${pid}/cgroup`)).includes(containerId);
}

/** Processes whose session a process leads. */
async function membersOf(leader: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const members: number[] = [];
  for (const pid of pids) if ((await sessionOf(pid)) === leader) members.push(pid);
  return members;
}

/** The sixth field of a process' stat; the second, its name in brackets, may hold anything. */
async function sessionOf(pid: number): Promise<number | undefined> {
  const stat = await textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[3] === undefined ? undefined : Number(fields[3]);
}

/** '' for what has ended meanwhile, or is not there at all. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isGone(error)) return '';
    throw error;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Ended meanwhile, not there at all, or not ours to kill. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}
