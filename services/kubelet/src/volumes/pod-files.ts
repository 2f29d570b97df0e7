import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, VolumeMount } from '@shiplog/contracts';
import { dnsLabel, isToken } from '@shiplog/apimachinery';
import { ContainerConfigError, messageOf } from '../container/start-failure';
import type { Pod } from '../domain/pod';
import type { MountSpec, PodRuntime } from '../runtime/runtime';
import { writeAtomically } from './atomic-files';
import { prepareHostPath } from './host-path';
import type { PlannedVolume } from './plan/planned-volume';
import { readEnd } from './read-end';
import { kernelHostnameOf, renderHosts } from './render/etc-files';
import { renderResolvConf, type NodeDns, type RenderedResolvConf } from './render/resolv-conf';
import { setUpFailure } from './set-up-failure';
import { subPathOf } from './sub-path';

/** Kubernetes takes at most this much of a termination message. */
const MESSAGE_LIMIT = 4_096;
/** Where a sandbox holds the pod's memory volumes, so that they outlive restarts of the others. */
const HELD = '/volumes';

interface MountInputs {
  readonly container: Container;
  readonly volumes: readonly PlannedVolume[];
  readonly expand: (text: string) => string;
}

/** Removes the files of pods that nobody wants and of which no container is left. */
export async function removeLeftovers(stateDir: string, isKnown: (podUid: string) => boolean): Promise<void> {
  const pods = join(stateDir, 'pods');
  await mkdir(pods, { recursive: true, mode: 0o750 });
  const uids = (await readdir(pods)).filter((uid) => !isKnown(uid));
  await Promise.all(uids.map((uid) => rm(join(pods, uid), { recursive: true, force: true })));
}

/** What a pod has on the node's disk: its own /etc files, its volumes, its containers' termination messages. */
export class PodFiles {
  readonly #written = new Map<string, string>();
  #preparing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly stateDir: string,
    private readonly pod: Pod,
    private readonly runtime: PodRuntime,
    /** Whether the engine's own resolv.conf is the right one. */
    private readonly engineNetwork: boolean,
    private readonly clusterDomain = 'cluster.local',
  ) {}

  /** What the pod's kernel calls it. Throws an Error for a name that is too long. */
  get hostname(): string {
    return kernelHostnameOf(this.pod, this.clusterDomain);
  }

  /** Throws ContainerConfigError for a uid that would lead elsewhere. */
  get #directory(): string {
    const { uid } = this.pod.metadata;
    if (!isToken(uid))
      throw new ContainerConfigError(`the pod's uid must be letters, digits and dashes, not ${JSON.stringify(uid)}`);
    return join(this.stateDir, 'pods', uid);
  }

  /** /etc/hosts, /etc/hostname and /etc/resolv.conf, as far as they can be known before there is an address. Resolves with what the pod wanted of the last and can't have. */
  async prepare(dns: NodeDns): Promise<RenderedResolvConf['warnings']> {
    await mkdir(this.#directory, { recursive: true, mode: 0o750 });
    const { text, warnings } = renderResolvConf(this.pod, dns);
    await Promise.all([
      this.writeHosts(undefined),
      writeFile(join(this.#directory, 'hostname'), `${this.hostname}\n`),
      writeFile(join(this.#directory, 'resolv.conf'), text),
    ]);
    return warnings;
  }

  async writeHosts(podIP: string | undefined): Promise<void> {
    const nodeHosts = this.pod.spec?.hostNetwork === true ? await readFile('/etc/hosts', 'utf8').catch(() => '') : '';
    // Written in place: the file is mounted, so another one of the same name would not be seen.
    await writeFile(join(this.#directory, 'hosts'), renderHosts(this.pod, podIP, nodeHosts, this.clusterDomain));
  }

  /** Makes what the volumes need; again after a change, it brings files of the cluster's objects up to date. */
  prepareVolumes(volumes: readonly PlannedVolume[]): Promise<void> {
    // One after the other: two that write the same files would take them from under each other.
    const prepared = this.#preparing.then(() => Promise.all(volumes.map((volume) => this.#prepareVolume(volume))));
    this.#preparing = prepared.catch(() => undefined);
    return prepared.then(() => undefined);
  }

  async #prepareVolume(volume: PlannedVolume): Promise<void> {
    const directory = this.#volumeDirectory(volume.name);
    const gid = this.pod.spec?.securityContext?.fsGroup;
    switch (volume.kind) {
      case 'directory':
        await mkdir(directory, { recursive: true });
        await chmod(directory, gid === undefined ? 0o777 : 0o2777);
        if (gid !== undefined) await chown(directory, 0, gid);
        return;
      case 'memory':
        return this.runtime.createMemoryVolume(this.#memoryName(volume.name), {
          podUid: this.pod.metadata.uid,
          sizeBytes: volume.sizeBytes,
          gid,
        });
      case 'host':
        return prepareHostPath(volume.path, volume.type).catch((error: unknown) => {
          throw setUpFailure(volume.name, error);
        });
      case 'files': {
        const generation = createHash('sha256').update(JSON.stringify(volume.files)).digest('hex').slice(0, 16);
        if (this.#written.get(volume.name) === generation) return;
        await mkdir(directory, { recursive: true });
        await writeAtomically(directory, volume.files, generation, gid);
        this.#written.set(volume.name, generation);
      }
    }
  }

  /** The memory volumes, held by the sandbox. */
  sandboxMounts(volumes: readonly PlannedVolume[]): MountSpec[] {
    return volumes.flatMap((volume) =>
      volume.kind === 'memory'
        ? [{ kind: 'volume', source: this.#memoryName(volume.name), target: `${HELD}/${volume.name}`, readOnly: false }]
        : [],
    );
  }

  /** All mounts of a container; makes the file for its termination message. */
  async mounts(
    container: Container,
    attempt: number,
    volumes: readonly PlannedVolume[],
    expand: (text: string) => string,
  ): Promise<MountSpec[]> {
    const inputs = { container, volumes, expand };
    const asked = await Promise.all((container.volumeMounts ?? []).map((mount) => this.#mount(mount, inputs)));
    const taken = new Set(asked.map((mount) => mount.target));
    const etc: [string, string][] = [['hosts', '/etc/hosts']];
    if (this.pod.spec?.hostNetwork !== true) etc.push(['hostname', '/etc/hostname']);
    if (!this.engineNetwork || this.pod.spec?.dnsPolicy === 'None') etc.push(['resolv.conf', '/etc/resolv.conf']);
    const own = etc.map(([name, target]): MountSpec => bind(join(this.#directory, name), target));
    const message = await this.#messageMount(container, attempt);
    return [...asked, ...[...own, ...message].filter((mount) => !taken.has(mount.target))];
  }

  async #mount(mount: VolumeMount, { container, volumes, expand }: MountInputs): Promise<MountSpec> {
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
      readOnly: mount.readOnly === true || volume.kind === 'files',
    };
    if (volume.kind === 'memory' && subPath === '')
      return { kind: 'volume', source: this.#memoryName(volume.name), ...common };
    const root = await this.#rootOf(volume);
    const use = { volume: volume.name, container: container.name };
    const source = subPath === '' ? root : await subPathOf(root, subPath, use);
    const propagation = { HostToContainer: 'rslave', Bidirectional: 'rshared' }[mount.mountPropagation ?? ''] as
      'rslave' | 'rshared' | undefined;
    return { kind: 'bind', source, ...common, ...(propagation === undefined ? {} : { propagation }) };
  }

  async #rootOf(volume: PlannedVolume): Promise<string> {
    if (volume.kind === 'host') return volume.path;
    if (volume.kind === 'memory') return this.runtime.memoryVolumePath(this.#memoryName(volume.name));
    return this.#volumeDirectory(volume.name);
  }

  async #messageMount({ name, terminationMessagePath: path = '' }: Container, attempt: number): Promise<MountSpec[]> {
    return path === '' ? [] : [bind(await this.#makeMessageFile(name, attempt), rooted(path))];
  }

  async #makeMessageFile(container: string, attempt: number): Promise<string> {
    const file = this.#messageFile(container, attempt);
    await mkdir(join(this.#directory, 'containers', segment(container)), { recursive: true });
    await writeFile(file, '');
    await chmod(file, 0o666);
    return file;
  }

  /** A container's termination message, '' for nothing: the end of what it wrote (getTerminationMessage in pkg/kubelet/kuberuntime). */
  async readMessage(container: string, attempt: number): Promise<string> {
    const path = this.#messageFile(container, attempt);
    try {
      return (await readEnd(path, MESSAGE_LIMIT))?.toString() ?? '';
    } catch (error) {
      return `Error on reading termination log ${path}: ${messageOf(error)}`;
    }
  }

  async remove(): Promise<void> {
    // Nothing was ever made for a uid that is no token, and nothing else may go in its place.
    if (!isToken(this.pod.metadata.uid)) return;
    await rm(this.#directory, { recursive: true, force: true });
  }

  #messageFile(container: string, attempt: number): string {
    return join(this.#directory, 'containers', segment(container), `${attempt}.message`);
  }

  #volumeDirectory(name: string): string {
    return join(this.#directory, 'volumes', segment(name));
  }

  #memoryName(name: string): string {
    return `shiplog-${this.pod.metadata.uid}-${segment(name)}`;
  }
}

/** The name of a container or volume as one step of a path. */
function segment(name: string): string {
  const [wrong] = dnsLabel(name);
  if (wrong !== undefined)
    throw new ContainerConfigError(`${JSON.stringify(name)} can not be part of a path: ${wrong}`);
  return name;
}

/** A path in a container that is relative counts from its root (MakeAbsolutePath in pkg/volume/util). */
function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function bind(source: string, target: string): MountSpec {
  return { kind: 'bind', source, target, readOnly: false };
}
