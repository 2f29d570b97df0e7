import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type Docker from 'dockerode';
import { dependencyClosure, fetchPackages, programFromPackage, unpackRoot } from '../system/debian';
import { run, succeeds } from '../system/run';
import type { ImageRow } from './catalogue';

/** Makes an image on an engine out of what this machine and Debian have; no registry is asked. */
export async function buildImage(engine: Docker, row: ImageRow, cache: string): Promise<void> {
  const { otherwise } = row;
  switch (otherwise.kind) {
    case 'dockerfile':
      return buildFolder(engine, otherwise.folder, row.ref);
    case 'busybox':
      return inFolder(
        (root) => busyboxRoot(root, cache),
        (root) => importRoot(engine, root, row.ref, otherwise.config),
      );
    case 'debian':
      return inFolder(
        (root) => debianRoot(root, otherwise, cache),
        (root) => importRoot(engine, root, row.ref, otherwise.config),
      );
  }
}

/** `docker build` of a folder without network: the base must be on the engine. */
export async function buildFolder(engine: Docker, folder: string, ref: string): Promise<void> {
  const context = spawn('tar', ['-c', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const output = await engine.buildImage(context.stdout, { t: ref, pull: false, rm: true });
  await finished(engine, output);
}

async function inFolder(fill: (root: string) => Promise<void>, use: (root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'shiplog-image-'));
  try {
    // The root folder of the image has this one's mode.
    chmodSync(root, 0o755);
    await fill(root);
    await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** An image of one layer. `config` are lines of a Dockerfile. */
export async function importRoot(engine: Docker, root: string, ref: string, config: readonly string[]): Promise<void> {
  const tar = spawn('tar', ['-c', '--numeric-owner', '--owner=0', '--group=0', '-C', root, '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [repo, tag] = ref.split(':');
  const output = await engine.importImage(tar.stdout, { repo, tag, changes: config });
  await finished(engine, output);
}

/** An engine's answer is a stream whose end says whether it worked. */
export function finished(engine: Docker, output: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.modem.followProgress(output, (error, lines: { error?: string }[]) => {
      const said = lines?.find((line) => line.error !== undefined)?.error;
      if (error !== null || said !== undefined) reject(error ?? new Error(said));
      else resolve();
    });
  });
}

async function busyboxRoot(root: string, cache: string): Promise<void> {
  const program = (await staticBusybox()) ?? (await programFromPackage('busybox-static', 'bin/busybox', cache));
  for (const folder of ['bin', 'etc', 'tmp', 'root', 'var/www', 'proc', 'sys', 'dev'])
    mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  cpSync(program, join(root, 'bin', 'busybox'), { dereference: true });
  writeFileSync(
    join(root, 'etc', 'passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  );
  writeFileSync(join(root, 'etc', 'group'), 'root:x:0:\nnogroup:x:65534:\n');
  const applets = (await run(program, ['--list'])).split('\n').filter((name) => name !== '' && name !== 'busybox');
  for (const name of applets) symlinkSync('busybox', join(root, 'bin', name));
}

/** The machine's own busybox when it needs no library. */
async function staticBusybox(): Promise<string | undefined> {
  const path = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
  return path !== undefined && !(await succeeds('ldd', [path])) ? path : undefined;
}

async function debianRoot(
  root: string,
  rule: { packages: readonly string[]; keep: RegExp; programs?: readonly string[] },
  cache: string,
): Promise<void> {
  const debs = await fetchPackages(
    await dependencyClosure(rule.packages, rule.keep),
    join(cache, 'debs', rule.packages[0]!),
  );
  await unpackRoot(debs, root);
  for (const folder of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/lintian']) {
    rmSync(join(root, folder), { recursive: true, force: true });
  }
  for (const program of rule.programs ?? []) {
    mkdirSync(join(root, 'usr', 'local', 'bin'), { recursive: true });
    cpSync(program, join(root, 'usr', 'local', 'bin', basename(program)), { dereference: true });
  }
  // dash is /bin/sh by its installation script, which is not run.
  if (existsSync(join(root, 'bin', 'dash')) && !existsSync(join(root, 'bin', 'sh')))
    symlinkSync('dash', join(root, 'bin', 'sh'));
  for (const folder of ['tmp', 'etc', 'proc', 'sys', 'dev', 'var/lib/redis'])
    mkdirSync(join(root, folder), { recursive: true });
}
