import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { buildImage, finished } from './build-image';
import { canBePulled, type ImageRow } from './catalogue';
import { pullImage } from './pull-image';

/**
 * Brings an image to every engine: out of the cache, else pulled once, else built once.
 * @returns how many engines it had to be loaded into
 */
export async function provideImage(
  engines: readonly Docker[],
  row: ImageRow,
  cache: string,
  say: (text: string) => void,
): Promise<number> {
  const cached = cachePaths(cache, row.ref);
  const wanted = existsSync(cached.tar) && existsSync(cached.id) ? readFileSync(cached.id, 'utf8').trim() : undefined;
  const present = await Promise.all(engines.map((engine) => imageId(engine, row.ref)));
  if (present.every((id) => id !== undefined && (wanted === undefined || id === wanted)) && new Set(present).size === 1)
    return 0;
  const [first] = engines;
  if (first === undefined) return 0;
  if (wanted === undefined) await fillCache(first, row, cache, say);
  const id = readFileSync(cached.id, 'utf8').trim();
  const lacking = (
    await Promise.all(engines.map(async (engine) => ((await imageId(engine, row.ref)) === id ? [] : [engine])))
  ).flat();
  say(`loading ${row.ref}`);
  await Promise.all(
    lacking.map(async (engine) => finished(engine, await engine.loadImage(createReadStream(cached.tar)))),
  );
  return lacking.length;
}

async function fillCache(engine: Docker, row: ImageRow, cache: string, say: (text: string) => void): Promise<void> {
  if ((await imageId(engine, row.ref)) === undefined) {
    say(`getting ${row.ref}`);
    const pulled = canBePulled(row.ref) && (await pullImage(engine, row.ref));
    if (!pulled) {
      say(`building ${row.ref}`);
      await buildImage(engine, row, cache);
    }
  }
  const { tar, id } = cachePaths(cache, row.ref);
  mkdirSync(join(cache, 'images'), { recursive: true });
  await pipeline(await engine.getImage(row.ref).get(), createWriteStream(`${tar}.new`));
  renameSync(`${tar}.new`, tar);
  writeFileSync(id, (await engine.getImage(row.ref).inspect()).Id);
}

function cachePaths(cache: string, ref: string): { tar: string; id: string } {
  const base = join(cache, 'images', ref.replace(/[/:]/g, '_'));
  return { tar: `${base}.tar`, id: `${base}.id` };
}

/** The ID of an image on an engine; undefined when it is not there. */
export async function imageId(engine: Docker, ref: string): Promise<string | undefined> {
  try {
    return (await engine.getImage(ref).inspect()).Id;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
