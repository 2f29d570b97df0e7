import type { Container, VolumeMount } from '@shiplog/contracts';
import { ContainerConfigError } from '../container/start-failure';
import type { MountSpec, PodRuntime } from '../runtime/runtime';
import type { NodeMounts } from './mounts/node-mounts';
import type { PlannedVolume } from './plan/planned-volume';
import type { PodDirectory } from './pod-directory';
import { PodSubPaths } from './sub-paths/pod-sub-paths';

/** Where a sandbox holds the engine's volumes in memory, so that they outlive restarts of the others. */
const HELD = '/volumes';

export interface MountInputs {
  readonly container: Container;
  readonly volumes: readonly PlannedVolume[];
  /** What a subPathExpr comes to. */
  readonly expand: (text: string) => string;
}

/** How containers of one pod see its volumes. */
export class ContainerMounts {
  readonly #subPaths: PodSubPaths;

  constructor(
    private readonly directory: PodDirectory,
    private readonly runtime: PodRuntime,
    private readonly mounts: NodeMounts,
  ) {
    this.#subPaths = new PodSubPaths(directory, mounts);
  }

  /** What the pod's sandbox has to hold: volumes in memory that are the engine's. */
  async ofSandbox(volumes: readonly PlannedVolume[]): Promise<MountSpec[]> {
    const inMemory = volumes.filter(({ kind }) => kind === 'memory');
    if (inMemory.length === 0 || (await this.mounts.available())) return [];
    return inMemory.map(({ name }) => {
      return { kind: 'volume', source: this.directory.engineVolume(name), target: `${HELD}/${name}`, readOnly: false };
    });
  }

  /** Whether a container mounts a part of a volume of the engine's, which is found once the sandbox holds that. */
  async needSandbox({ volumeMounts = [] }: Container, volumes: readonly PlannedVolume[]): Promise<boolean> {
    const inMemory = new Set(volumes.filter(({ kind }) => kind === 'memory').map(({ name }) => name));
    const isPart = ({ name, subPath = '', subPathExpr = '' }: VolumeMount): boolean =>
      inMemory.has(name) && subPath + subPathExpr !== '';
    return volumeMounts.some(isPart) && !(await this.mounts.available());
  }

  /** All that a container asks for; what stands behind parts of volumes is kept until `release`. */
  async ofContainer(inputs: MountInputs): Promise<MountSpec[]> {
    const mounts: MountSpec[] = [];
    // One after the other: none is under way any more when another one fails.
    for (const [index, mount] of (inputs.container.volumeMounts ?? []).entries())
      mounts.push(await this.#mount(mount, index, inputs));
    return mounts;
  }

  /** A container has its mounts, or does not get them. */
  release(container: string): Promise<void> {
    return this.#subPaths.release(container);
  }

  async #mount(mount: VolumeMount, index: number, { container, volumes, expand }: MountInputs): Promise<MountSpec> {
    const volume = volumes.find((item) => item.name === mount.name);
    if (volume === undefined)
      throw new ContainerConfigError(`volume "${mount.name}" of mount ${mount.mountPath} does not exist`);
    // No engine here makes the mounts below it read-only too (resolveRecursiveReadOnly in kubelet_pods.go).
    if (mount.recursiveReadOnly === 'Enabled') {
      const description = `failed to resolve recursive read-only mode: volume "${mount.name}" requested recursive read-only mode`;
      throw new ContainerConfigError(`${description}, but it is not supported by the runtime`);
    }
    const subPath = mount.subPathExpr === undefined ? (mount.subPath ?? '') : expand(mount.subPathExpr);
    const common = {
      target: rooted(mount.mountPath),
      readOnly: mount.readOnly === true || isReadOnly(volume),
    };
    const isEngines = volume.kind === 'memory' && !(await this.mounts.available());
    if (isEngines && subPath === '')
      return { kind: 'volume', source: this.directory.engineVolume(volume.name), ...common };
    const root = isEngines ? await this.#engineRoot(volume.name) : this.#rootOf(volume);
    const use = { volume: volume.name, container: container.name };
    const source = subPath === '' ? root : await this.#subPaths.mount(root, subPath, index, use);
    const propagation = { HostToContainer: 'rslave', Bidirectional: 'rshared' }[mount.mountPropagation ?? ''] as
      'rslave' | 'rshared' | undefined;
    return { kind: 'bind', source, ...common, ...(propagation === undefined ? {} : { propagation }) };
  }

  #engineRoot(name: string): Promise<string> {
    return this.runtime.memoryVolumePath(this.directory.engineVolume(name));
  }

  #rootOf(volume: PlannedVolume): string {
    return 'path' in volume ? volume.path : this.directory.volume(volume.name);
  }
}

function isReadOnly(volume: PlannedVolume): boolean {
  return 'readOnly' in volume ? volume.readOnly : ['files', 'image', 'kept'].includes(volume.kind);
}

/** A path in a container that is relative counts from its root (MakeAbsolutePath in pkg/volume/util). */
export function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
