import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { imageArchive, type LoadableImage } from '../runtime/pause/image-archive';
import { goArchitecture } from '../runtime/pause/pause-image';

/** An image with nothing but a static busybox: every applet works in its shell. */
export const BUSYBOX = 'shiplog-test/busybox:1';

export async function busyboxImage(): Promise<LoadableImage> {
  const content = await readFile(busybox());
  return imageArchive({
    tag: BUSYBOX,
    architecture: goArchitecture({ x64: 'amd64' }[arch() as string] ?? arch()),
    // Under the names of two programs that clients call by theirs; any other is `/busybox <name>`.
    files: ['busybox', 'sh', 'tar'].map((name) => ({ name, mode: 0o755, content })),
    config: { Entrypoint: ['/busybox'], Cmd: ['sh'], Env: ['PATH=/'] },
  });
}

/** The program on PATH; Debian's package busybox-static puts it there. */
function busybox(): string {
  const places = (process.env['PATH'] ?? '').split(':').map((directory) => join(directory, 'busybox'));
  const found = [...places, '/bin/busybox'].find((path) => existsSync(path));
  if (found === undefined) throw new Error('a static busybox must be on PATH: Debian has it in busybox-static');
  return found;
}
