import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { SANDBOX_IMAGE } from '@shiplog/containerd';
import { ProgramError, runProgram } from '@shiplog/hostnet';
import { RuntimeError, type ImageFacts, type RegistryAuth } from '../runtime';
import type { ListedImage } from '../../images/domain/node-images';
import { pauseImage } from '../pause/pause-image';
import { IMAGE_STATUS, LIST_CONTAINERS, LIST_IMAGES, PULL_IMAGE, REMOVE_IMAGE } from './protocol/cri';
import type { GrpcClient } from './grpc/client';
import type { RuntimeInfo } from './runtime-info';

/** Large images on slow lines take their time; who waits no longer, cancels. */
const PULL_LIMIT_MS = Infinity;

/** The images of a runtime. */
export class Images {
  #sandboxImage: Promise<void> | undefined;

  constructor(
    private readonly client: GrpcClient,
    private readonly endpoint: string,
    private readonly info: () => Promise<RuntimeInfo>,
  ) {}

  async find(reference: string): Promise<ImageFacts | undefined> {
    const { image } = await this.client.call(IMAGE_STATUS, { image: { image: reference } });
    if (image === null || image.id === '') return undefined;
    const user = image.uid === null ? image.username : String(image.uid.value);
    return { id: image.id, digests: image.repoDigests, user, sizeBytes: image.size };
  }

  /** All but what sandboxes are made of. */
  async list(): Promise<readonly ListedImage[]> {
    const [{ images }, { sandboxImage }] = await Promise.all([this.client.call(LIST_IMAGES, {}), this.info()]);
    const sandboxes = await this.find(sandboxImage);
    const shown = images.filter(({ id, pinned }) => !pinned && id !== sandboxes?.id);
    return shown.map(({ id, size: sizeBytes, repoDigests, repoTags }) => {
      return { id, sizeBytes, names: [...repoDigests, ...repoTags] };
    });
  }

  /** With all its names. The runtime would take it from containers too. */
  async remove(id: string): Promise<void> {
    const { containers } = await this.client.call(LIST_CONTAINERS, {});
    const user = containers.find(({ imageRef }) => imageRef === id);
    if (user !== undefined) throw new RuntimeError('conflict', `image ${id} is used by container ${user.id}`);
    await this.client.call(REMOVE_IMAGE, { image: { image: id } });
  }

  async pull(reference: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    // Without the server's address, as Kubernetes sends it: the runtime would compare it by rules of its own.
    const credentials = auth && { username: auth.username, password: auth.password };
    const request = { image: { image: reference }, ...(credentials === undefined ? {} : { auth: credentials }) };
    await this.client.call(PULL_IMAGE, request, { signal, timeoutMs: PULL_LIMIT_MS });
  }

  /** Sandboxes can be made at once: what they are made of is there, if it is ours to bring. The runtime fetches any other. */
  prepare(): Promise<void> {
    this.#sandboxImage ??= this.#provide().catch((error: unknown) => {
      this.#sandboxImage = undefined;
      throw error;
    });
    return this.#sandboxImage;
  }

  /** Somebody may have removed it. */
  forget(): void {
    this.#sandboxImage = undefined;
  }

  async #provide(): Promise<void> {
    const { sandboxImage } = await this.info();
    if (sandboxImage !== SANDBOX_IMAGE || (await this.find(sandboxImage)) !== undefined) return;
    const { archive } = pauseImage({ x64: 'amd64' }[arch() as string] ?? arch());
    await this.load(Readable.from([archive]));
  }

  /** Puts the images of an archive into the runtime, by containerd's own program: neither of its interfaces takes an archive. */
  async load(archive: Readable): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'shiplog-image-'));
    try {
      const file = join(folder, 'image.tar');
      await writeFile(file, archive);
      const socket = new URL(this.endpoint).pathname;
      await runProgram('ctr', ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', file]);
    } catch (error) {
      throw error instanceof ProgramError ? new RuntimeError('refused', error.message) : error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
