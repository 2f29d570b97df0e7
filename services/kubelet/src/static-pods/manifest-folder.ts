import { watch, type FSWatcher } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Larger ones are no manifests (maxConfigLength in pkg/kubelet/config). */
const MOST_BYTES = 10 * 2 ** 20;
/** More than a node runs. */
const MOST_FILES = 1_000;

/** A file of the folder: its text, or why it can't be read. */
export type ManifestFile = { readonly text: string } | { readonly problem: string };

/** A folder of manifests. Hidden files and folders in it are nobody's. */
export class ManifestFolder {
  #watcher: FSWatcher | undefined;

  constructor(private readonly path: string) {}

  /** By path, in the order of their names; none where there is no folder. */
  async read(): Promise<ReadonlyMap<string, ManifestFile>> {
    const entries = await readdir(this.path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const names = entries
      .filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory())
      .map(({ name }) => name);
    if (names.length > MOST_FILES) throw new Error(`${this.path} has ${names.length} files, more than ${MOST_FILES}`);
    const files = new Map<string, ManifestFile>();
    for (const name of names.sort()) files.set(join(this.path, name), await readManifest(join(this.path, name)));
    return files;
  }

  /** Calls back when something happens there, as far as the kernel tells; a folder that is not there yet is tried again. */
  watch(changed: () => void): void {
    if (this.#watcher !== undefined) return;
    try {
      this.#watcher = watch(this.path, { persistent: false }, changed);
      this.#watcher.on('error', () => this.close());
    } catch {
      // It is looked at regularly.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

async function readManifest(path: string): Promise<ManifestFile> {
  try {
    const file = await open(path, 'r');
    try {
      const status = await file.stat();
      if (!status.isFile()) return { problem: 'it is no regular file' };
      if (status.size > MOST_BYTES) return { problem: `it is larger than ${MOST_BYTES} bytes` };
      return { text: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
