/** The fifth field of a line of mountinfo (proc_pid_mountinfo(5)). */
const MOUNT_POINT = 4;

/**
 * Where something is mounted at a directory or below it, the latest mount first: the order in which they come off. `mountInfo` is
 * the text of /proc/self/mountinfo; the directory is without links and without a slash at its end.
 */
export function mountsBelow(mountInfo: string, directory: string): string[] {
  const points = mountInfo.split('\n').map((line) => unescaped(line.split(' ')[MOUNT_POINT] ?? ''));
  return points.filter((point) => point === directory || point.startsWith(`${directory}/`)).reverse();
}

/** The kernel writes blanks and backslashes of a path as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
