import { randomUUID } from 'node:crypto';
import { dirname, relative } from 'node:path';
import type { ImageLayers } from '../runtime';
import type { GrpcClient } from './grpc/client';
import { orGone } from './grpc/errors';
import { IMAGE_STATUS } from './protocol/cri';
import { REMOVE_SNAPSHOT, SNAPSHOT_MOUNTS, VIEW_SNAPSHOT } from './protocol/native';

/** The one way of keeping layers in which each is a folder of its own, and the runtime's default. */
const SNAPSHOTTER = 'overlayfs';
const LOWER = 'lowerdir=';
const UPPER = 'upperdir=';

/** Where on the machine's disk the files of images and containers lie. */
export class Layers {
  constructor(private readonly client: GrpcClient) {}

  /** Undefined for an image that is not there. What is looked at is prepared for that, and forgotten: the layers stay the image's. */
  async ofImage(id: string): Promise<ImageLayers | undefined> {
    const { info } = await this.client.call(IMAGE_STATUS, { image: { image: id }, verbose: true });
    const parent = chainOf(info['info']);
    if (parent === undefined) return undefined;
    const key = `shiplog-view-${randomUUID()}`;
    const view = await orGone(this.client.call(VIEW_SNAPSHOT, { snapshotter: SNAPSHOTTER, key, parent }));
    if (view === undefined) return undefined;
    await this.client.call(REMOVE_SNAPSHOT, { snapshotter: SNAPSHOTTER, key });
    const [mount] = view.mounts;
    // Of one layer alone there is nothing to lay over another.
    const folders = optionOf(mount?.options, LOWER)?.split(':') ?? (mount === undefined ? [] : [mount.source]);
    const base = dirname(dirname(folders[0] ?? ''));
    return { base, folders: folders.map((folder) => relative(base, folder)) };
  }

  /** What a container has written; undefined for one that is not there. */
  async written(id: string): Promise<string | undefined> {
    const found = await orGone(this.client.call(SNAPSHOT_MOUNTS, { snapshotter: SNAPSHOTTER, key: id }));
    return optionOf(found?.mounts[0]?.options, UPPER);
  }
}

function optionOf(options: readonly string[] = [], name: string): string | undefined {
  return options.find((option) => option.startsWith(name))?.slice(name.length);
}

/** The name of an image's uppermost layer with all below it. @param text JSON, as the runtime tells who asks for more of an image */
function chainOf(text: string | undefined): string | undefined {
  try {
    return (JSON.parse(text ?? '{}') as { chainID?: string } | null)?.chainID;
  } catch {
    return undefined;
  }
}
