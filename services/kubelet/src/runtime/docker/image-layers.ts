import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageLayers } from '../runtime';

/** What the engine tells of how it keeps an image: its driver, and what that wants to tell. */
interface GraphDriver {
  readonly Name: string;
  readonly Data: unknown;
}

/**
 * The layers of an image that is kept as overlay2 does: each has a folder and, in a file beside that, a short name for it. Undefined
 * for other ways, and where this machine's disk is not the engine's.
 */
export async function readLayers({ Name: name, Data: data }: GraphDriver): Promise<ImageLayers | undefined> {
  const { UpperDir: upper = '', LowerDir: all = '' } = (data ?? {}) as { UpperDir?: string; LowerDir?: string };
  if (name !== 'overlay2' || upper === '') return undefined;
  const lower = all.split(':').filter((folder) => folder !== '');
  try {
    const folders = await Promise.all([upper, ...lower].map(readShortName));
    return { base: dirname(dirname(upper)), folders };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readShortName(folder: string): Promise<string> {
  return join('l', (await readFile(join(dirname(folder), 'link'), 'utf8')).trim());
}
