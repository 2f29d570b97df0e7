import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dependencyClosure, fetchPackages, programFromPackage, unpackRoot } from '../system/debian';
import { run, succeeds } from '../system/run';
import type { ImageRow } from './catalogue';

/** A shell with its tools, and the few files that they look for. */
export async function busyboxRoot(root: string, cache: string): Promise<void> {
  const program = (await staticBusybox()) ?? (await programFromPackage('busybox-static', 'bin/busybox', cache));
  for (const folder of ['bin', 'etc', 'tmp', 'root', 'var/www', 'proc', 'sys', 'dev'])
    mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  cpSync(program, join(root, 'bin', 'busybox'), { dereference: true });
  writeFileSync(
    join(root, 'etc', 'passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\npostgres:x:999:999::/:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc', 'group'), 'root:x:0:\nnogroup:x:65534:\npostgres:x:999:\n');
  const applets = (await run(program, ['--list'])).split('\n').filter((name) => name !== '' && name !== 'busybox');
  for (const name of applets) if (!existsSync(join(root, 'bin', name))) symlinkSync('busybox', join(root, 'bin', name));
}

/** The machine's own busybox when it needs no library: in an image there is none. */
export async function staticBusybox(): Promise<string | undefined> {
  const path = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
  return path !== undefined && !(await succeeds('ldd', [path])) ? path : undefined;
}

/** What Debian packages hold, unpacked, with the files of this machine that belong to it. */
export async function debianRoot(
  root: string,
  rule: Extract<ImageRow['otherwise'], { kind: 'debian' }>,
  cache: string,
): Promise<void> {
  const debs = await fetchPackages(
    await dependencyClosure(rule.packages, rule.keep),
    join(cache, 'debs', rule.packages[0]),
  );
  await unpackRoot(debs, root);
  for (const folder of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/lintian']) {
    rmSync(join(root, folder), { recursive: true, force: true });
  }
  if (rule.busybox === true) await busyboxRoot(root, cache);
  for (const { from, to } of rule.copies ?? []) cpSync(from, join(root, to), { recursive: true, dereference: true });
  for (const folder of ['tmp', 'etc', 'proc', 'sys', 'dev', 'var/lib/redis'])
    mkdirSync(join(root, folder), { recursive: true });
}
