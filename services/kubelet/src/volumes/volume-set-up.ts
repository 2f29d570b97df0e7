import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import type { Pod } from '../domain/pod';
import type { PodRuntime } from '../runtime/runtime';
import { writeAtomically } from './atomic-files';
import { giveToGroup } from './give-to-group';
import { prepareHostPath } from './host-path';
import type { NodeMounts } from './mounts/node-mounts';
import type { PlannedVolume } from './plan/planned-volume';
import type { PodDirectory } from './pod-directory';
import { initializationFailure, setUpFailure } from './set-up-failure';

/** Makes the volumes of one pod on the node; again after a change, it brings files of the cluster's objects up to date. */
export class VolumeSetUp {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly directory: PodDirectory,
    private readonly pod: Pod,
    private readonly runtime: PodRuntime,
    private readonly mounts: NodeMounts,
  ) {}

  setUp(volumes: readonly PlannedVolume[]): Promise<void> {
    // One after the other: two that write the same files would take them from under each other.
    const done = this.#last.then(() => Promise.all(volumes.map((volume) => this.#setUpOne(volume))));
    this.#last = done.catch(() => undefined);
    return done.then(() => undefined);
  }

  async #setUpOne(volume: PlannedVolume): Promise<void> {
    try {
      await this.#setUp(volume);
    } catch (error) {
      throw setUpFailure(volume.name, error);
    }
  }

  async #setUp(volume: PlannedVolume): Promise<void> {
    const directory = this.directory.volume(volume.name);
    const gid = this.#gid;
    switch (volume.kind) {
      case 'kept':
      case 'image':
        return;
      case 'directory':
        await mkdir(directory, { recursive: true });
        await chmod(directory, gid === undefined ? 0o777 : 0o2777);
        if (gid !== undefined) await chown(directory, 0, gid);
        return;
      case 'memory':
        return this.#makeMemory(volume.name, volume.sizeBytes);
      case 'host':
        return prepareHostPath(volume.path, volume.type);
      case 'local':
        return this.#useLocal(volume);
      case 'files':
        if (volume.inMemory && (await this.mounts.available()))
          await this.mounts.inMemory(directory, { gid, noSwap: true });
        await mkdir(directory, { recursive: true });
        return writeAtomically(directory, volume.files, gid);
    }
  }

  /** A local volume is made by who runs the node, so that data is never looked for where it isn't (pkg/volume/local). */
  async #useLocal({ path, volume, readOnly }: Extract<PlannedVolume, { kind: 'local' }>): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) throw initializationFailure(volume, `path "${path}" does not exist`);
    const { fsGroup, fsGroupChangePolicy } = this.pod.spec?.securityContext ?? {};
    if (fsGroup !== undefined && !readOnly) await giveToGroup(path, fsGroup, fsGroupChangePolicy);
  }

  async #makeMemory(name: string, sizeBytes: number): Promise<void> {
    if (await this.mounts.available())
      return this.mounts.inMemory(this.directory.volume(name), { sizeBytes, gid: this.#gid });
    const { uid: podUid } = this.pod.metadata;
    await this.runtime.createMemoryVolume(this.directory.engineVolume(name), { podUid, sizeBytes, gid: this.#gid });
  }

  get #gid(): number | undefined {
    return this.pod.spec?.securityContext?.fsGroup;
  }
}
