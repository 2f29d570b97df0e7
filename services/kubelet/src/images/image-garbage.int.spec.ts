import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { ContainerTable } from '../runtime/container-table';
import type { EngineFacts } from '../runtime/runtime';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { observed } from '../testing/builders';
import type { Notes } from '../status/notes';
import { ImageGarbage } from './image-garbage';

const START = 1_000_000_000;
const MINUTES = 60_000;

/** A node whose disk is always too full. */
function given() {
  const runtime = new FakeRuntime();
  for (const id of ['old', 'used', 'other'])
    runtime.images.set(`${id}:1`, { id: `sha256:${id}`, digests: [], user: '', sizeBytes: 10 });
  const table = new ContainerTable(runtime);
  const said: string[] = [];
  const mounted = new Set<string>();
  const notes = { sayOfNode: (_: string, reason: string, message: string) => said.push(`${reason}: ${message}`) };
  // Not by itself: the spec says when it looks.
  const config = { podNetwork: 'docker' as const, imageGCHighThreshold: 0, imageGCLowThreshold: 0 };
  const garbage = new ImageGarbage(config, pino({ level: 'silent' }), runtime, table, notes as unknown as Notes, {
    mountedImages: () => Promise.resolve(mounted),
  });
  garbage.engineUp({ imageFolder: tmpdir() } as EngineFacts);
  return { runtime, table, said, mounted, garbage, left: () => [...runtime.images.keys()] };
}

describe('images on a full disk', () => {
  it('go when no container has used them, or for longest not, and the Node tells that it was not enough', async () => {
    const { runtime, table, said, mounted, garbage, left } = given();
    table.put(observed({ id: 'c', imageId: 'sha256:used' }));
    await garbage.collect(START);
    expect(left()).toEqual(['old:1', 'used:1', 'other:1']);
    await garbage.collect(START + 3 * MINUTES);
    expect(left()).toEqual(['used:1']);
    expect(runtime.calls.filter((call) => call.startsWith('removeImage'))).toEqual([
      'removeImage sha256:old',
      'removeImage sha256:other',
    ]);
    expect(said.at(-1)).toMatch(
      /^FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free \d+ bytes, but only found 20 bytes eligible to free.$/,
    );
    table.drop('c');
    mounted.add('sha256:used');
    await garbage.collect(START + 6 * MINUTES);
    expect(left()).toEqual(['used:1']);
    mounted.clear();
    await garbage.collect(START + 9 * MINUTES);
    expect(left()).toEqual([]);
    await garbage.onApplicationShutdown();
  });
});
