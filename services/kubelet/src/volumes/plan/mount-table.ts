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

/** What was mounted where, by mount point, at a directory or below it: the name that a mount was given as its source. */
export function sourcesBelow(mountInfo: string, directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of mountInfo.split('\n')) {
    const point = unescaped(line.split(' ')[MOUNT_POINT] ?? '');
    // After the dash, which ends the optional fields: the type, and the source.
    const source = line.split(' - ')[1]?.split(' ')[1];
    if (source !== undefined && point.startsWith(`${directory}/`)) found.set(point, unescaped(source));
  }
  return found;
}

/** The kernel writes blanks and backslashes of a path as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
