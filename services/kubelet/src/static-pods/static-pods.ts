import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import { nodeActor, type KubeObject } from '@shiplog/contracts';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { ClusterView } from '../cluster/cluster-view';
import { isMirrorOf, isStatic, type Pod } from '../domain/pod';
import { PodDeletion } from '../pod/pod-deletion';
import { PodManager } from '../pod/pod-manager';
import type { KubeletConfig } from '../settings';
import { Notes } from '../status/notes';
import { MIRROR } from './domain/annotations';
import { staticPodOf, type StaticPod } from './domain/static-pod';
import { ManifestFolder, type ManifestFile } from './manifest-folder';

const BACK_OFF = { firstMs: 500, longestMs: 10_000 };

/**
 * Runs the pods that a folder of this node names, whether the cluster can be reached or not, and shows each in the API by a mirror: a
 * pod there that others may read, and whose deletion changes nothing here.
 */
@Injectable()
export class StaticPods implements OnApplicationShutdown {
  readonly #folder: ManifestFolder | undefined;
  /** By file. One that can't be read any more goes on as it was, for as long as its file is there. */
  readonly #byFile = new Map<string, StaticPod>();
  /** What was told of each file. */
  readonly #told = new Map<string, string>();
  readonly #loop = new SyncLoop({
    run: () => this.#sync(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.warn({ err: error }, 'could not bring static pods up to date; trying again'),
  });

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'staticPodPath' | 'staticPodCheck' | 'nodeName'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(BUS) private readonly bus: Pick<Bus, 'command'>,
    private readonly cluster: ClusterView,
    private readonly manager: PodManager,
    private readonly deletion: PodDeletion,
    private readonly notes: Notes,
  ) {
    this.#folder = config.staticPodPath === '' ? undefined : new ManifestFolder(config.staticPodPath);
    manager.onStaticGone(() => this.wake());
  }

  /** Whether this node has any. */
  get isOn(): boolean {
    return this.#folder !== undefined;
  }

  /** Resolves when the files have been read: before, nobody knows which containers are of static pods. */
  async start(): Promise<void> {
    if (this.#folder === undefined) return;
    await this.#read(this.#folder).catch((error: unknown) => {
      this.logger.error({ err: error }, 'could not read the folder of static pods; trying again');
    });
    this.#loop.wakeEvery(this.config.staticPodCheck);
  }

  /** Mirrors may be otherwise than they should. */
  wake(): void {
    this.#loop.wake();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#folder?.close();
    await this.#loop.stop();
  }

  async #sync(): Promise<void> {
    if (this.#folder !== undefined) await this.#read(this.#folder);
    if (this.cluster.isOpen) await this.#mirror();
  }

  async #read(folder: ManifestFolder): Promise<void> {
    folder.watch(() => this.wake());
    const files = await folder.read();
    for (const file of [...this.#byFile.keys(), ...this.#told.keys()]) {
      if (files.has(file)) continue;
      this.#byFile.delete(file);
      this.#told.delete(file);
    }
    for (const [file, manifest] of files) this.#take(file, manifest);
    this.manager.setStatic([...this.#byFile.values()].map(({ pod }) => pod));
  }

  #take(file: string, manifest: ManifestFile): void {
    const { nodeName } = this.config;
    const now = new Date().toISOString();
    const found = 'problem' in manifest ? manifest.problem : staticPodOf(manifest.text, { nodeName, file, now });
    const problem = typeof found === 'string' ? found : this.#nameTaken(file, found);
    if (problem !== undefined) return this.#tellOf(file, problem);
    this.#told.delete(file);
    // The same of the same file, but for when it was seen.
    const known = this.#byFile.get(file);
    if (typeof found !== 'string' && known?.pod.metadata.uid !== found.pod.metadata.uid) this.#byFile.set(file, found);
  }

  #nameTaken(file: string, { pod: { metadata } }: StaticPod): string | undefined {
    for (const [other, { pod }] of this.#byFile) {
      const isSame = pod.metadata.name === metadata.name && pod.metadata.namespace === metadata.namespace;
      if (isSame && other !== file) return `${other} has a pod of that name`;
    }
    return undefined;
  }

  #tellOf(file: string, problem: string): void {
    if (this.#told.get(file) === problem) return;
    this.#told.set(file, problem);
    const message = `Error validating pod ${file} from file, ignoring: ${problem}`;
    this.logger.warn({ file, problem }, 'a manifest is no pod');
    this.notes.sayOfNode('Warning', 'FailedValidation', message);
  }

  /** Mirrors that are of no static pod, or are to go, go; those that are missing are made. */
  async #mirror(): Promise<void> {
    const wanted = new Map([...this.#byFile.values()].map((item) => [item.pod.metadata.uid, item]));
    const mirrors = this.cluster.pods().filter(isStatic);
    for (const mirror of mirrors) {
      const uid = mirror.metadata.annotations?.[MIRROR] ?? '';
      const item = wanted.get(uid);
      const isIts = item !== undefined && isMirrorOf(mirror, item.pod);
      if (isIts && mirror.metadata.deletionTimestamp === undefined) wanted.delete(uid);
      // Until its containers have ended it tells of them.
      else if (isIts || !this.#isTold(mirror)) await this.#remove(mirror);
      else this.#dropNamed(wanted, mirror);
    }
    for (const item of wanted.values()) await this.#make(item.mirror);
  }

  /** Whether what it is the mirror of has not ended yet. */
  #isTold(mirror: Pod): boolean {
    const pod = this.manager.worker(mirror.metadata.annotations?.[MIRROR] ?? '')?.current;
    return pod !== undefined && isMirrorOf(mirror, pod);
  }

  /** What the file says now is shown when nothing is left of what it said before. */
  #dropNamed(wanted: Map<string, StaticPod>, { metadata: { namespace, name } }: Pod): void {
    for (const [uid, { pod }] of wanted)
      if (pod.metadata.namespace === namespace && pod.metadata.name === name) wanted.delete(uid);
  }

  async #remove(mirror: Pod): Promise<void> {
    await this.deletion.delete(mirror, Number(mirror.metadata.resourceVersion));
  }

  async #make(mirror: KubeObject): Promise<void> {
    const node = this.cluster.node();
    // Its event wakes this again.
    if (node === undefined) return;
    const { name, uid, resourceVersion } = node.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid, controller: true }];
    const object = { ...mirror, metadata: { ...mirror.metadata, ownerReferences } };
    const reply = await this.bus.command({
      id: newCommandId(),
      actor: nodeActor(name),
      cause: Number(resourceVersion),
      type: 'CreateObject',
      data: { resource: 'pods', namespace: mirror.metadata.namespace ?? '', object },
    });
    if (reply.ok) return this.cluster.waitFor(reply.position);
    throw new Error(`the journal made no mirror of ${mirror.metadata.name}: ${reply.status.message}`);
  }
}
