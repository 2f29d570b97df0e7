import Docker from 'dockerode';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
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
  type SandboxDetails,
  type SandboxSpec,
  type SessionStreams,
  type LogOptions,
  type MemoryVolumeSpec,
  type ObservedContainer,
  type PodRuntime,
  type RegistryAuth,
  type RuntimeEvent,
  type PullProgress,
} from '../runtime';
import type { ListedImage } from '../../images/domain/node-images';
import { demultiplex } from './demultiplex';
import { ask, asking, runtimeError } from './errors';
import { EventStream } from './event-stream';
import { execIn } from './exec';
import { readLayers } from './image-layers';
import { LABEL } from '../labels';
import { LayerProgress } from './layer-progress';
import { probeLimits } from './limits';
import { followLog, type LogFiles } from './followed-log';
import { isOurs, observedOf } from './observe';
import type { LoadableImage } from '../pause/image-archive';
import { pauseImage } from '../pause/pause-image';
import { amountsRequest, containerRequest, sandboxRequest } from './requests';
import { attachTo, killExec, openExec } from './session';

export interface DockerOptions {
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  readonly node: string;
  readonly cgroupParent?: string;
}

/** Inspections under way at once while everything is listed. */
const PARALLEL_INSPECTIONS = 4;

/** Pods on Docker Engine, by its HTTP API. */
export class DockerRuntime implements PodRuntime {
  readonly name = 'docker';
  readonly capabilities = REAL_CONTAINERS;
  readonly #docker: Docker;
  #pause: Promise<LoadableImage> | undefined;
  #limits: Promise<EngineLimits> | undefined;

  constructor(private readonly options: DockerOptions) {
    this.#docker = new Docker(connectionOf(options.host));
  }

  async engine(): Promise<EngineFacts> {
    const info = await ask(() => this.#docker.info());
    return {
      name: this.name,
      version: info.ServerVersion,
      osImage: info.OperatingSystem,
      kernel: info.KernelVersion,
      architecture: info.Architecture,
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      cgroupDriver: info.CgroupDriver,
      imageFolder: info.DockerRootDir,
      runtimes: Object.keys((info.Runtimes ?? {}) as object),
      liveRestore: info.LiveRestoreEnabled,
    };
  }

  async prepare(): Promise<void> {
    await this.#pauseImage();
  }

  async limits(): Promise<EngineLimits> {
    this.#limits ??= this.#pauseImage().then((image) => probeLimits(this.#docker, image.id, this.options.cgroupParent));
    try {
      return await this.#limits;
    } catch (error) {
      this.#limits = undefined;
      throw error;
    }
  }

  async list(): Promise<ObservedContainer[]> {
    const filters = { label: [`${LABEL.node}=${this.options.node}`] };
    const found = await ask(() => this.#docker.listContainers({ all: true, filters }));
    const ids = found.filter((item) => isOurs(item, this.options.node)).map((item) => item.Id);
    const observed: ObservedContainer[] = [];
    const work = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        const container = await this.inspect(id);
        if (container !== undefined) observed.push(container);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_INSPECTIONS }, work));
    return observed;
  }

  async inspect(id: string): Promise<ObservedContainer | undefined> {
    const info = await asking(() => this.#docker.getContainer(id).inspect(), [404]);
    return info && observedOf(info, this.options.node);
  }

  watch(listener: (event: RuntimeEvent) => void): { close(): void } {
    const stream = new EventStream(this.#docker, this.options.node, listener);
    void stream.run();
    return stream;
  }

  async createSandbox(spec: SandboxSpec): Promise<string> {
    const image = await this.#pauseImage();
    const request = sandboxRequest(spec, this.options.node, image.id);
    try {
      return await this.#create(request);
    } catch (error) {
      // Somebody pruned the images: load ours again, once.
      if (runtimeError(error).problem !== 'not-found') throw error;
      this.#pause = undefined;
      await this.#pauseImage();
      return await this.#create(request);
    }
  }

  async startSandbox(id: string): Promise<SandboxDetails> {
    const container = this.#docker.getContainer(id);
    await asking(() => container.start(), [304]);
    const { State: state, NetworkSettings: network } = await ask(() => container.inspect());
    if (!state.Running)
      throw new RuntimeError('refused', `the pause container ended at once with code ${state.ExitCode}`);
    const addresses = Object.values(network.Networks ?? {}).map((item) => item.IPAddress);
    return { pid: state.Pid, ip: addresses.find((ip) => ip !== '') ?? '', startedAt: state.StartedAt };
  }

  createContainer(spec: ContainerSpec): Promise<string> {
    return this.#create(containerRequest(spec, this.options.node));
  }

  /** Creates a container; one of the same name is a leftover of an attempt that was cut short, and makes room. */
  async #create(request: Docker.ContainerCreateOptions): Promise<string> {
    try {
      return (await this.#docker.createContainer(request)).id;
    } catch (error) {
      const failure = runtimeError(error);
      if (failure.problem !== 'conflict' || request.name === undefined) throw failure;
      await this.remove(request.name);
      return (await ask(() => this.#docker.createContainer(request))).id;
    }
  }

  async start(id: string): Promise<void> {
    await asking(() => this.#docker.getContainer(id).start(), [304]);
  }

  async resize(id: string, amounts: ContainerAmounts): Promise<void> {
    await ask(() => this.#docker.getContainer(id).update(amountsRequest(amounts)));
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    await asking(() => this.#docker.getContainer(id).stop({ t: graceSeconds }), [304, 404]);
  }

  async kill(id: string): Promise<void> {
    // 409: it does not run.
    await asking(() => this.#docker.getContainer(id).kill(), [404, 409]);
  }

  async remove(id: string): Promise<void> {
    // 409: its removal is under way.
    await asking(() => this.#docker.getContainer(id).remove({ force: true, v: true }), [404, 409]);
  }

  exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return execIn(this.#docker, id, command, timeoutMs);
  }

  openExec(...[id, command, streams, onCreated]: Parameters<PodRuntime['openExec']>): Promise<ExecSession> {
    return openExec(this.#docker, id, command, streams, onCreated);
  }

  killExec(execId: string): Promise<void> {
    return killExec(this.#docker, execId);
  }

  attach(id: string, streams: Omit<SessionStreams, 'tty'>): Promise<ContainerSession> {
    return attachTo(this.#docker, id, streams);
  }

  async *logs(id: string, options: LogOptions): AsyncIterable<Uint8Array> {
    const container = this.#docker.getContainer(id);
    const { Config: config } = await ask(() => container.inspect());
    const query = {
      stdout: true,
      stderr: true,
      timestamps: options.timestamps,
      ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
      ...(options.since === undefined ? {} : { since: options.since.toFixed(9) as unknown as number }),
      ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
    };
    const open = (more: object): AsyncIterable<Buffer> => this.#readLog(id, { ...query, ...more }, options.signal);
    if (config.Tty) return yield* open({ follow: options.follow });
    if (!options.follow) return yield* demultiplex(open({ follow: false }), options.timestamps);
    const files: LogFiles = {
      open: (since, follow) => {
        const from = since === undefined ? {} : { since, tail: undefined };
        return Promise.resolve(open({ follow, timestamps: true, ...from }));
      },
      state: async () => {
        const found = await this.inspect(id);
        return found === undefined ? 'gone' : found.state.phase === 'running' ? 'written' : 'ended';
      },
    };
    yield* followLog(files, options.timestamps, options.signal);
  }

  /** One stream of a log, until it ends or is aborted. */
  async *#readLog(id: string, query: object, signal: AbortSignal | undefined): AsyncIterable<Buffer> {
    // Without `follow` the client would gather the whole log in memory first: so it asks for a stream by hand.
    const stream = await ask(() => this.#logStream(id, query));
    const destroy = (): void => void stream.destroy();
    if (signal?.aborted === true) destroy();
    signal?.addEventListener('abort', destroy, { once: true });
    try {
      yield* stream as AsyncIterable<Buffer>;
    } catch (error) {
      if (signal?.aborted !== true) throw runtimeError(error);
    } finally {
      signal?.removeEventListener('abort', destroy);
      destroy();
    }
  }

  #logStream(id: string, query: object): Promise<Readable> {
    return new Promise((resolve, reject) => {
      const request = {
        path: `/containers/${id}/logs?`,
        method: 'GET',
        isStream: true,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        options: query,
      };
      this.#docker.modem.dial(request, (error: unknown, stream: unknown) => {
        if (error !== null && error !== undefined) reject(error as Error);
        else resolve(stream as Readable);
      });
    });
  }

  async listImages(): Promise<readonly ListedImage[]> {
    const [pause, all] = await Promise.all([this.#pauseImage(), ask(() => this.#docker.listImages())]);
    return all.flatMap(({ Id: id, Size: sizeBytes, RepoDigests: digests, RepoTags: tags }) => {
      // Docker's name of what has lost its own begins so; engines without any answer null.
      const names = [...((digests as string[] | null) ?? []), ...((tags as string[] | null) ?? [])];
      return id === pause.id ? [] : [{ id, sizeBytes, names: names.filter((name) => !name.startsWith('<none>')) }];
    });
  }

  async removeImage(id: string): Promise<void> {
    const info = await asking(() => this.#docker.getImage(id).inspect(), [404]);
    if (info === undefined) return;
    // By its names, not by force: that would take it from containers that do not run.
    const names = info.RepoTags.length > 0 ? info.RepoTags : [id];
    for (const name of names) await asking(() => this.#docker.getImage(name).remove(), [404]);
  }

  async image(reference: string): Promise<ImageFacts | undefined> {
    const info = await asking(() => this.#docker.getImage(reference).inspect(), [404]);
    return (
      info && { id: info.Id, digests: info.RepoDigests ?? [], user: info.Config?.User ?? '', sizeBytes: info.Size }
    );
  }

  async imageLayers(id: string): Promise<ImageLayers | undefined> {
    const info = await asking(() => this.#docker.getImage(id).inspect(), [404]);
    return info && readLayers(info.GraphDriver);
  }

  async pull(
    reference: string,
    auth: RegistryAuth | undefined,
    signal: AbortSignal,
    onProgress: (progress: PullProgress) => void = () => undefined,
  ): Promise<void> {
    const layers = new LayerProgress();
    const stream = (await ask(() =>
      this.#docker.pull(reference, { abortSignal: signal, ...(auth === undefined ? {} : { authconfig: auth }) }),
    )) as Readable;
    await new Promise<void>((resolve, reject) => {
      const ended = (error: Error | null): void => (error === null ? resolve() : reject(runtimeError(error)));
      this.#docker.modem.followProgress(stream, ended, (step: unknown) => {
        if (layers.add(step)) onProgress(layers.total);
      });
    });
  }

  /** The engine looks at what it is to mount when a container is made. */
  async findsPath(path: string): Promise<boolean> {
    const { id: image } = await this.#pauseImage();
    const mounts = [{ Type: 'bind' as const, Source: path, Target: '/found', ReadOnly: true }];
    const host = { LogConfig: { Type: 'none', Config: {} }, Mounts: mounts };
    const request = { Image: image, NetworkDisabled: true, HostConfig: host };
    const container = await this.#docker.createContainer(request).catch((error: unknown) => {
      const failure = runtimeError(error);
      if (failure.problem !== 'refused') throw failure;
      return undefined;
    });
    if (container !== undefined) await ask(() => container.remove({ force: true }));
    return container !== undefined;
  }

  async createMemoryVolume(name: string, { podUid, sizeBytes, gid }: MemoryVolumeSpec): Promise<void> {
    const owner = gid === undefined ? 'mode=0777' : `mode=02777,gid=${gid}`;
    const options = { type: 'tmpfs', device: 'tmpfs', o: `${owner},size=${sizeBytes}` };
    const labels = { [LABEL.podUid]: podUid, [LABEL.node]: this.options.node };
    await ask(() => this.#docker.createVolume({ Name: name, Driver: 'local', DriverOpts: options, Labels: labels }));
  }

  async filesOf(id: string): Promise<readonly string[]> {
    const info = await asking(() => this.#docker.getContainer(id).inspect(), [404]);
    if (info === undefined) return [];
    const { GraphDriver: driver, LogPath: log = '' } = info;
    const layer = (driver?.Data as Partial<Record<string, string>> | null | undefined)?.['UpperDir'];
    return [...(layer === undefined ? [] : [layer]), ...(log === '' ? [] : [dirname(log)])].filter(existsSync);
  }

  async memoryVolumePath(name: string): Promise<string> {
    return (await ask(() => this.#docker.getVolume(name).inspect())).Mountpoint;
  }

  async removeVolumes(podUid: string): Promise<void> {
    const { Volumes: found } = await ask(() =>
      this.#docker.listVolumes({ filters: { label: [`${LABEL.podUid}=${podUid}`] } }),
    );
    await Promise.all(
      (found ?? []).map(({ Name: name }) => asking(() => this.#docker.getVolume(name).remove(), [404])),
    );
  }

  /** The pause image, loaded into the engine if it isn't there: once in the life of this object. */
  #pauseImage(): Promise<LoadableImage> {
    this.#pause ??= this.#loadPause().catch((error: unknown) => {
      this.#pause = undefined;
      throw error;
    });
    return this.#pause;
  }

  async #loadPause(): Promise<LoadableImage> {
    const { Architecture: architecture } = await ask(() => this.#docker.info());
    const image = pauseImage(architecture);
    if ((await this.image(image.id)) !== undefined) return image;
    await this.load(Readable.from([image.archive]));
    return image;
  }

  async load(archive: Readable): Promise<void> {
    const stream = await ask(() => this.#docker.loadImage(archive));
    const steps = await new Promise<unknown[]>((resolve, reject) => {
      const ended = (error: Error | null, said: unknown[]): void =>
        error === null ? resolve(said) : reject(runtimeError(error));
      this.#docker.modem.followProgress(stream, ended);
    });
    // By then the engine has answered that all is well, and says within its answer that it is not.
    const refusal = steps
      .map((step) => (step as { error?: unknown } | null)?.error)
      .find((error) => error !== undefined);
    if (refusal !== undefined) throw new RuntimeError('refused', String(refusal));
  }
}

function connectionOf(host: string): Docker.DockerOptions {
  const url = new URL(host);
  if (url.protocol === 'unix:') return { socketPath: url.pathname };
  return { host: url.hostname, port: url.port === '' ? 2375 : Number(url.port), protocol: 'http' };
}
