import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Container } from '@shiplog/contracts';
import { messageOf } from '../container/start-failure';
import type { Pod } from '../domain/pod';
import type { ImageLayers, MountSpec, PodRuntime } from '../runtime/runtime';
import { hasFiles } from './atomic-files';
import { ContainerMounts, rooted } from './container-mounts';
import { removeFolder } from './leftovers';
import type { NodeMounts } from './mounts/node-mounts';
import type { PlannedVolume } from './plan/planned-volume';
import { PodDirectory } from './pod-directory';
import { readEnd } from './read-end';
import { kernelHostnameOf, renderHosts } from './render/etc-files';
import { renderResolvConf, type NodeDns, type RenderedResolvConf } from './render/resolv-conf';
import { setUpFailure, unprocessable } from './set-up-failure';
import { usedBytes } from './used-bytes';
import { VolumeSetUp } from './volume-set-up';

/** Kubernetes takes at most this much of a termination message. */
const MESSAGE_LIMIT = 4_096;

/** What a pod has of files and volumes on its node. */
export type PodFiles = { readonly [Method in keyof DiskPodFiles]: DiskPodFiles[Method] };

/** What a pod has on the node's disk: its own /etc files, its volumes, its containers' termination messages. */
export class DiskPodFiles {
  readonly #directory: PodDirectory;
  readonly #setUp: VolumeSetUp;
  readonly #mounts: ContainerMounts;

  constructor(
    stateDir: string,
    private readonly pod: Pod,
    runtime: PodRuntime,
    private readonly nodeMounts: NodeMounts,
    /** Whether the engine's own resolv.conf is the right one. */
    private readonly engineNetwork: boolean,
    private readonly clusterDomain = 'cluster.local',
  ) {
    this.#directory = new PodDirectory(stateDir, pod.metadata.uid);
    this.#setUp = new VolumeSetUp(this.#directory, pod, runtime, nodeMounts);
    this.#mounts = new ContainerMounts(this.#directory, runtime, nodeMounts);
  }

  /** What the pod's kernel calls it. Throws an Error for a name that is too long. */
  get hostname(): string {
    return kernelHostnameOf(this.pod, this.clusterDomain);
  }

  /** /etc/hosts, /etc/hostname and /etc/resolv.conf, as far as they can be known before there is an address. Resolves with what the pod wanted of the last and can't have. */
  async prepare(dns: NodeDns): Promise<RenderedResolvConf['warnings']> {
    await mkdir(this.#directory.path, { recursive: true, mode: 0o750 });
    const { text, warnings } = renderResolvConf(this.pod, dns);
    await Promise.all([
      this.writeHosts([]),
      writeFile(this.#directory.file('hostname'), `${this.hostname}\n`),
      writeFile(this.#directory.file('resolv.conf'), text),
    ]);
    return warnings;
  }

  async writeHosts(podIPs: readonly string[]): Promise<void> {
    const nodeHosts = this.pod.spec?.hostNetwork === true ? await readFile('/etc/hosts', 'utf8').catch(() => '') : '';
    // Written in place: the file is mounted, so another one of the same name would not be seen.
    await writeFile(this.#directory.file('hosts'), renderHosts(this.pod, podIPs, nodeHosts, this.clusterDomain));
  }

  /** Makes what the volumes need; again after a change, it brings files of the cluster's objects up to date. */
  prepareVolumes(volumes: readonly PlannedVolume[]): Promise<void> {
    return this.#setUp.setUp(volumes);
  }

  /** Whether a volume is there that shows the cluster's objects. */
  hasFiles(volume: string): Promise<boolean> {
    return hasFiles(this.#directory.volume(volume));
  }

  /** What the sandbox has to hold. `volumes` are waited for only where it may hold some of them. */
  async sandboxMounts(volumes: () => Promise<readonly PlannedVolume[]>): Promise<MountSpec[]> {
    const usesMemory = (this.pod.spec?.volumes ?? []).some(({ emptyDir }) => emptyDir?.medium === 'Memory');
    if (!usesMemory || (await this.nodeMounts.available())) return [];
    return this.#mounts.ofSandbox(await volumes());
  }

  /** Whether what a container mounts is found only once the sandbox runs. */
  needSandbox(container: Container, volumes: readonly PlannedVolume[]): Promise<boolean> {
    return this.#mounts.needSandbox(container, volumes);
  }

  /** Puts the files of an image in a volume's place, unless some are there. Throws VolumeFailure where that can't be done. */
  async mountImage(volume: string, image: string, layers: ImageLayers | undefined): Promise<void> {
    if (layers === undefined || !(await this.nodeMounts.available()))
      throw unprocessable(
        volume,
        'image volumes are not supported: the layers of images can’t be mounted on this node',
      );
    try {
      await this.nodeMounts.image(image, layers, this.#directory.volume(volume));
    } catch (error) {
      throw setUpFailure(volume, error);
    }
  }

  /** All mounts of a container, until `releaseMounts`; makes the file for its termination message. */
  async mounts(
    container: Container,
    attempt: number,
    volumes: readonly PlannedVolume[],
    expand: (text: string) => string,
  ): Promise<MountSpec[]> {
    const inputs = { container, volumes, expand };
    const asked = await this.#mounts.ofContainer(inputs);
    const taken = new Set(asked.map((mount) => mount.target));
    const etc: ['hosts' | 'hostname' | 'resolv.conf', string][] = [['hosts', '/etc/hosts']];
    if (this.pod.spec?.hostNetwork !== true) etc.push(['hostname', '/etc/hostname']);
    if (!this.engineNetwork || this.pod.spec?.dnsPolicy === 'None') etc.push(['resolv.conf', '/etc/resolv.conf']);
    const own = etc.map(([name, target]): MountSpec => bind(this.#directory.file(name), target));
    const message = await this.#messageMount(container, attempt);
    return [...asked, ...[...own, ...message].filter((mount) => !taken.has(mount.target))];
  }

  /** A container has its mounts, or does not get them: what was mounted for it alone is taken off. */
  releaseMounts(container: string): Promise<void> {
    return this.#mounts.release(container);
  }

  async #messageMount({ name, terminationMessagePath: path = '' }: Container, attempt: number): Promise<MountSpec[]> {
    return path === '' ? [] : [bind(await this.#makeMessageFile(name, attempt), rooted(path))];
  }

  async #makeMessageFile(container: string, attempt: number): Promise<string> {
    const file = this.#directory.message(container, attempt);
    await mkdir(this.#directory.container(container), { recursive: true });
    await writeFile(file, '');
    await chmod(file, 0o666);
    return file;
  }

  /** A container's termination message, '' for nothing: the end of what it wrote (getTerminationMessage in pkg/kubelet/kuberuntime). */
  async readMessage(container: string, attempt: number): Promise<string> {
    const path = this.#directory.message(container, attempt);
    try {
      return (await readEnd(path, MESSAGE_LIMIT))?.toString() ?? '';
    } catch (error) {
      return `Error on reading termination log ${path}: ${messageOf(error)}`;
    }
  }

  /** No container will use them any more: what they take is given back. */
  async removeVolumes(): Promise<void> {
    if (this.#directory.isPossible) await removeFolder(this.#directory.volumes, this.nodeMounts);
  }

  /** Bytes of the disk that a volume takes. */
  usedBytes(volume: string): Promise<number> {
    return usedBytes(this.#directory.volume(volume));
  }

  /** Takes off what is mounted in the pod's folder, and removes that. */
  async remove(): Promise<void> {
    if (this.#directory.isPossible) await removeFolder(this.#directory.path, this.nodeMounts);
  }
}

function bind(source: string, target: string): MountSpec {
  return { kind: 'bind', source, target, readOnly: false };
}
