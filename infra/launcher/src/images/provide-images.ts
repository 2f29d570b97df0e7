import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { buildImage } from './build-image';
import { canBePulled, type ImageRow } from './catalogue';
import { dockerImages, type ImageStore } from './image-store';
import { pullImage } from './pull-image';

/**
 * Brings an image to every store: out of the cache, else pulled once, else built once, by the first that can.
 * @returns how many stores it had to be loaded into
 */
export async function provideImage(
  stores: readonly ImageStore[],
  row: ImageRow,
  cache: string,
  say: (text: string) => void,
): Promise<number> {
  const cached = cachePaths(cache, row.ref);
  const wanted = isCached(cache, row.ref) ? readFileSync(cached.id, 'utf8').trim() : undefined;
  const present = await Promise.all(stores.map((store) => store.idOf(row.ref)));
  if (present.every((id) => id !== undefined && (wanted === undefined || id === wanted)) && new Set(present).size === 1)
    return 0;
  if (stores.length === 0) return 0;
  if (wanted === undefined) await fillCache(builderOf(stores), row, cache, say);
  const id = readFileSync(cached.id, 'utf8').trim();
  const lacking = (
    await Promise.all(stores.map(async (store) => ((await store.idOf(row.ref)) === id ? [] : [store])))
  ).flat();
  say(`loading ${row.ref}`);
  await Promise.all(lacking.map((store) => store.load(cached.tar)));
  return lacking.length;
}

/** Whether an image is in the cache, so that it need not be pulled or built. */
export function isCached(cache: string, ref: string): boolean {
  const { tar, id } = cachePaths(cache, ref);
  return existsSync(tar) && existsSync(id);
}

function builderOf(stores: readonly ImageStore[]): Docker {
  for (const { builder } of stores) if (builder !== undefined) return builder;
  throw new Error('no engine is there that could build images');
}

async function fillCache(engine: Docker, row: ImageRow, cache: string, say: (text: string) => void): Promise<void> {
  if ((await dockerImages(engine).idOf(row.ref)) === undefined) {
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
