import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { ImageRow } from './catalogue';
import { busyboxRoot, debianRoot } from './image-roots';

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
