import disk from 'node:fs/promises';

/** A file's text, or undefined for a directory. */
type Entry = string | undefined;

/** A disk in memory in the place of the machine's, for what services write of their own; returns what undoes it. */
export function installDisk(): () => void {
  const entries = new Map<string, Entry>([['/proc/meminfo', 'MemTotal: 8388608 kB\nMemAvailable: 8000000 kB\n']]);
  const within = (path: string): string[] =>
    [...entries.keys()].filter((item) => item === path || item.startsWith(`${path}/`));
  const must = (path: string): void => {
    if (!entries.has(path))
      throw Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' });
  };
  const done = async <T>(act: () => T): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, 0.2));
    return act();
  };
  const stand = {
    mkdir: (path: string) => done(() => void entries.set(path, undefined)),
    writeFile: (path: string, text: unknown) => done(() => void entries.set(path, String(text))),
    readFile: (path: string) =>
      done(() => {
        must(path);
        return entries.get(path) ?? '';
      }),
    readdir: (path: string) =>
      done(() => [
        ...new Set(
          within(path).flatMap((item) => (item === path ? [] : [item.slice(path.length + 1).split('/')[0] ?? ''])),
        ),
      ]),
    rm: (path: string) => done(() => within(path).forEach((item) => entries.delete(item))),
    stat: (path: string) =>
      done(() => {
        must(path);
        return { isDirectory: () => entries.get(path) === undefined };
      }),
    open: (path: string) =>
      done(() => {
        must(path);
        return {
          read: () => done(() => ({ buffer: Buffer.alloc(0), bytesRead: 0 })),
          close: () => done(() => undefined),
        };
      }),
    realpath: (path: string) => done(() => path),
    // Room enough, as everybody has.
    statfs: () => done(() => ({ bsize: 4_096, blocks: 1e7, bfree: 9e6, bavail: 9e6, files: 1e6, ffree: 9e5 })),
    chmod: () => done(() => undefined),
    chown: () => done(() => undefined),
  };
  const before = Object.fromEntries(Object.keys(stand).map((name) => [name, disk[name as keyof typeof stand]]));
  Object.assign(disk, stand);
  return () => void Object.assign(disk, before);
}
