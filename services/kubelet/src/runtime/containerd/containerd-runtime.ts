import { arch, cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pause } from '@shiplog/wait';
import {
  REAL_CONTAINERS,
  RuntimeError,
  type ContainerAmounts,
  type ContainerSession,
  type ContainerSpec,
  type EngineFacts,
  type EngineLimits,
  type ExecResult,
  type ExecSession,
  type ImageFacts,
  type ImageLayers,
  type LogOptions,
  type MemoryVolumeSpec,
  type ObservedContainer,
  type PodRuntime,
  type RegistryAuth,
  type RuntimeEvent,
  type SandboxDetails,
  type SandboxSpec,
  type SessionStreams,
} from '../runtime';
import type { ListedImage } from '../../images/domain/node-images';
import { ATTACH, IMAGE_FS_INFO, STATUS, VERSION } from './protocol/cri';
import { NAMESPACE, RESIZE_PTY, WAIT } from './protocol/native';
import { ContainerWatch } from './container-watch';
import { Containers } from './containers';
import { EngineProcess } from './engine-process';
import { GrpcClient } from './grpc/client';
import { orGone } from './grpc/errors';
import { Images } from './images';
import { Layers } from './layers';
import { readLog } from './logs/read-log';
import { MemoryVolumes } from './memory-volumes';
import { traitsOf } from './render/traits';
import { runtimeInfoOf, type RuntimeInfo } from './runtime-info';
import { Sandboxes } from './sandboxes';
import { Attachment } from './sessions/attachment';
import { Commands } from './sessions/commands';

export interface ContainerdOptions {
  /** `unix:///path` */
  readonly endpoint: string;
  readonly node: string;
  /** Where the logs of pods are written. */
  readonly podLogs: string;
  /** For what the runtime needs of the kubelet: pipes, volumes in memory. */
  readonly folder: string;
  /** Hears of what is tried again, or goes on without. */
  readonly onProblem: (error: unknown, what: string) => void;
}

/**
 * Pods on containerd 1.6 or later: by the Container Runtime Interface, as Kubernetes has it, and by containerd's own API for what
 * that has no words for.
 */
export class ContainerdRuntime implements PodRuntime {
  readonly name = 'containerd';
  readonly capabilities = REAL_CONTAINERS;
  readonly #client: GrpcClient;
  readonly #sandboxes: Sandboxes;
  readonly #containers: Containers;
  readonly #images: Images;
  readonly #layers: Layers;
  readonly #volumes: MemoryVolumes;
  readonly #commands: Commands;
  readonly #process: EngineProcess;
  readonly #watch: ContainerWatch;

  constructor(options: ContainerdOptions) {
    const { endpoint, folder, onProblem } = options;
    this.#client = new GrpcClient(endpoint, NAMESPACE);
    this.#process = new EngineProcess(new URL(endpoint).pathname);
    this.#sandboxes = new Sandboxes(this.#client, options);
    this.#volumes = new MemoryVolumes(join(folder, 'memory-volumes'), this.#process);
    const volumePath = (name: string): Promise<string> => this.#volumes.pathOf(name);
    this.#containers = new Containers(this.#client, { ...options, volumePath });
    this.#images = new Images(this.#client, endpoint, () => this.#info());
    this.#layers = new Layers(this.#client);
    this.#commands = new Commands(this.#client, join(folder, 'exec'));
    this.#watch = new ContainerWatch(this.#client, {
      list: () => this.list(),
      inspect: (id) => this.inspect(id),
      imagesChanged: () => this.#images.forget(),
      onProblem,
    });
  }

  /** Throws RuntimeError also while the runtime says that it is not ready, in Kubernetes' words. */
  async engine(): Promise<EngineFacts> {
    const [{ runtimeVersion }, { status, info }, { imageFilesystems }] = await Promise.all([
      this.#client.call(VERSION, {}),
      this.#client.call(STATUS, { verbose: true }),
      this.#client.call(IMAGE_FS_INFO, {}),
    ]);
    const lacking = (status?.conditions ?? []).find((condition) => !condition.status);
    if (lacking !== undefined) {
      const { type, reason, message } = lacking;
      const what = type === 'NetworkReady' ? 'container runtime network not ready' : 'container runtime not ready';
      throw new RuntimeError('refused', `${what}: ${type}=false reason:${reason} message:${message}`);
    }
    const { handlers, cgroupDriver } = runtimeInfoOf(info['config']);
    return {
      name: this.name,
      version: runtimeVersion,
      // Its socket is this machine's.
      osImage: '',
      kernel: release(),
      architecture: arch(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      cgroupDriver,
      imageFolder: imageFilesystems[0]?.fsId?.mountpoint ?? '',
      runtimes: handlers,
      // Containers have processes of their own to look after them.
      liveRestore: true,
    };
  }

  prepare(): Promise<void> {
    return this.#images.prepare();
  }

  limits(): Promise<EngineLimits> {
    return this.#process.limits();
  }

  async list(): Promise<ObservedContainer[]> {
    const [sandboxes, containers] = await Promise.all([this.#sandboxes.list(), this.#containers.list()]);
    const all = [...sandboxes, ...containers];
    for (const container of all) this.#watch.remember(container);
    return all;
  }

  async inspect(id: string): Promise<ObservedContainer | undefined> {
    const found = (await this.#containers.find(id)) ?? (await this.#sandboxes.find(id));
    if (found !== undefined) this.#watch.remember(found);
    return found;
  }

  watch(listener: (event: RuntimeEvent) => void): { close(): void } {
    const watching = this.#watch.add(listener);
    const rotation = this.#containers.rotation();
    rotation.start();
    return {
      close: () => {
        watching.close();
        void rotation.stop();
      },
    };
  }

  async createSandbox(spec: SandboxSpec): Promise<string> {
    await this.#images.prepare();
    const id = await this.#sandboxes.create(spec);
    this.#watch.remember({ id, pod: spec.identity.pod, state: { phase: 'created' } });
    return id;
  }

  startSandbox(id: string): Promise<SandboxDetails> {
    return this.#sandboxes.details(id);
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const id = await this.#containers.create(spec);
    this.#watch.remember({ id, pod: spec.identity.pod, state: { phase: 'created' } });
    return id;
  }

  start(id: string): Promise<void> {
    return this.#containers.start(id);
  }

  resize(id: string, amounts: ContainerAmounts): Promise<void> {
    return this.#containers.resize(id, amounts);
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    // Later versions stop gladly what is not there, so they are asked what it is.
    if ((await this.#containers.find(id)) === undefined) await this.#sandboxes.stop(id);
    else await this.#containers.stop(id, graceSeconds);
  }

  kill(id: string): Promise<void> {
    return this.stop(id, 0);
  }

  async remove(id: string): Promise<void> {
    const sandboxId = await this.#containers.remove(id);
    if (sandboxId !== undefined) return this.#sandboxes.left(sandboxId);
    // One that stays for its dead containers counts as gone, and no event says so.
    if (!(await this.#sandboxes.remove(id))) this.#watch.removed(id);
  }

  exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return this.#commands.run(id, command, timeoutMs);
  }

  openExec(...request: Parameters<PodRuntime['openExec']>): Promise<ExecSession> {
    return this.#commands.open(...request);
  }

  killExec(execId: string): Promise<void> {
    return this.#commands.kill(execId);
  }

  async attach(id: string, asked: Omit<SessionStreams, 'tty'>): Promise<ContainerSession> {
    const { tty, stdin, stdinOnce } = traitsOf((await this.#containers.status(id)).annotations);
    const streams = { stdin: asked.stdin && stdin, stdout: asked.stdout, stderr: asked.stderr && !tty, tty };
    const { url } = await this.#client.call(ATTACH, { containerId: id, ...streams });
    const resize = async (width: number, height: number): Promise<void> => {
      // Of what has ended meanwhile, or has no terminal.
      await this.#client.call(RESIZE_PTY, { containerId: id, width, height }).catch(() => undefined);
    };
    return Attachment.open(url, streams, { endsInput: stdinOnce, resize });
  }

  async *logs(id: string, options: LogOptions): AsyncIterable<Uint8Array> {
    const { logPath } = await this.#containers.status(id);
    yield* readLog(logPath, options, options.follow ? this.#endOf(id, options.signal) : Promise.resolve());
  }

  /** Resolves when a container has ended, and all that it wrote is in its log. */
  async #endOf(id: string, signal: AbortSignal | undefined): Promise<void> {
    const limits = { timeoutMs: Infinity, ...(signal === undefined ? {} : { signal }) };
    // Of one that was not started there is no end to wait for yet.
    while ((await this.inspect(id))?.state.phase === 'created' && signal?.aborted !== true) await pause(100, signal);
    await this.#client.call(WAIT, { containerId: id }, limits).catch(() => undefined);
    await this.#watch.untilEnded(id);
  }

  image(reference: string): Promise<ImageFacts | undefined> {
    return this.#images.find(reference);
  }

  listImages(): Promise<readonly ListedImage[]> {
    return this.#images.list();
  }

  removeImage(id: string): Promise<void> {
    return this.#images.remove(id);
  }

  /** How far it is, this interface does not tell. */
  pull(reference: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    return this.#images.pull(reference, auth, signal);
  }

  /** Puts an image into the runtime. */
  load(archive: Readable): Promise<void> {
    return this.#images.load(archive);
  }

  findsPath(path: string): Promise<boolean> {
    return this.#process.findsPath(path);
  }

  createMemoryVolume(name: string, spec: MemoryVolumeSpec): Promise<void> {
    return this.#volumes.create(name, spec);
  }

  imageLayers(id: string): Promise<ImageLayers | undefined> {
    return this.#layers.ofImage(id);
  }

  async filesOf(id: string): Promise<readonly string[]> {
    const status = await orGone(this.#containers.status(id));
    if (status === undefined) return [];
    return [await this.#layers.written(id), dirname(status.logPath)].filter((folder) => folder !== undefined);
  }

  memoryVolumePath(name: string): Promise<string> {
    return this.#volumes.pathOf(name);
  }

  removeVolumes(podUid: string): Promise<void> {
    return this.#volumes.remove(podUid);
  }

  async #info(): Promise<RuntimeInfo> {
    const { info } = await this.#client.call(STATUS, { verbose: true });
    return runtimeInfoOf(info['config']);
  }
}
