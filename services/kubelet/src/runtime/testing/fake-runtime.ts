import type { ListedImage } from '../../images/domain/node-images';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { withArchive } from '../../images/archives/open-archive';
import {
  RuntimeError,
  type ContainerAmounts,
  type ContainerIdentity,
  type ContainerSession,
  type ContainerSpec,
  type ContainerState,
  type EngineFacts,
  type EngineLimits,
  type ExecResult,
  type ExecSession,
  type ImageFacts,
  type SandboxDetails,
  type SandboxSpec,
  type LogOptions,
  type MemoryVolumeSpec,
  type ObservedContainer,
  type PodRuntime,
  type RuntimeEvent,
} from '../runtime';

type Operation = 'createSandbox' | 'startSandbox' | 'createContainer' | 'start' | 'resize' | 'pull';

/** Resolves in a later turn of the event loop: I/O, timers and all microtasks have had their turn meanwhile. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * An engine in memory, for specs: its containers run until they are told to end. As with a real one, its answers and
 * events take turns of the event loop: a call does its work in one, and is answered in another. So whoever goes round
 * in microtasks never hears from it.
 */
export class FakeRuntime implements PodRuntime {
  readonly name = 'docker';
  readonly containers = new Map<string, ObservedContainer>();
  readonly specs = new Map<string, ContainerSpec | SandboxSpec>();
  readonly images = new Map<string, ImageFacts>();
  readonly volumes = new Map<string, MemoryVolumeSpec>();
  /** Whether it sees the directories of this machine, so that the kubelet's own mounts are of use. */
  isOnThisMachine = false;
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  readonly #logs = new Map<string, string>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #failing = new Map<Operation, Error>();
  #made = 0;

  constructor(
    private readonly now: () => number = Date.now,
    /** What a call waits for before it does its work, and again before it is answered. */
    private readonly turn: () => Promise<void> = nextTurn,
  ) {}

  /** The next call of an operation fails. */
  failNext(operation: Operation, error: Error): void {
    this.#failing.set(operation, error);
  }

  /** A container ends by itself. */
  end(id: string, exitCode: number, how: { oomKilled?: boolean } = {}): void {
    const container = this.#get(id);
    if (container.state.phase !== 'running') return;
    const { startedAt } = container.state;
    const finishedAt = new Date(this.now()).toISOString();
    this.#set(container, { phase: 'exited', startedAt, finishedAt, exitCode, oomKilled: false, error: '', ...how });
    this.#tell({ type: 'container', id, podUid: container.pod.uid, change: 'ended' });
  }

  write(id: string, text: string): void {
    this.#logs.set(id, (this.#logs.get(id) ?? '') + text);
  }

  engine(): Promise<EngineFacts> {
    return this.#answer(() => ({
      name: this.name,
      version: 'fake',
      osImage: 'fake',
      kernel: 'fake',
      architecture: 'x86_64',
      cpus: 2,
      memoryBytes: 2 ** 30,
      cgroupDriver: 'none',
      imageFolder: '',
      runtimes: ['runc'],
      liveRestore: true,
    }));
  }

  prepare(): Promise<void> {
    return this.#answer(() => undefined);
  }

  limits(): Promise<EngineLimits> {
    return this.#answer(() => ({ negativeOomScore: true, privileged: true, missingCapabilities: [] }));
  }

  list(): Promise<ObservedContainer[]> {
    return this.#answer(() => [...this.containers.values()]);
  }

  inspect(id: string): Promise<ObservedContainer | undefined> {
    return this.#answer(() => this.containers.get(id));
  }

  watch(listener: (event: RuntimeEvent) => void): { close(): void } {
    this.#listeners.add(listener);
    void this.turn().then(() => {
      if (this.#listeners.has(listener)) listener({ type: 'connected' });
    });
    return { close: () => void this.#listeners.delete(listener) };
  }

  createSandbox(spec: SandboxSpec): Promise<string> {
    return this.#create('createSandbox', spec.identity, spec, 'sha256:pause');
  }

  startSandbox(id: string): Promise<SandboxDetails> {
    return this.#attempt('startSandbox', id, () => {
      const { startedAt, pid = 0 } = this.#run(id);
      return { pid, ip: '', startedAt };
    });
  }

  createContainer(spec: ContainerSpec): Promise<string> {
    return this.#create('createContainer', spec.identity, spec, spec.imageId);
  }

  start(id: string): Promise<void> {
    return this.#attempt('start', id, () => void this.#run(id));
  }

  resize(id: string, amounts: ContainerAmounts): Promise<void> {
    return this.#attempt('resize', `${id} ${amounts.cpuShares} ${amounts.cpuQuota} ${amounts.memoryBytes}`, () => {
      if (this.#get(id).state.phase !== 'running') throw new RuntimeError('conflict', `container ${id} is not running`);
    });
  }

  stop(id: string, graceSeconds: number): Promise<void> {
    this.calls.push(`stop ${id} ${graceSeconds}`);
    return this.#answer(() => this.#endIfThere(id, 143));
  }

  kill(id: string): Promise<void> {
    this.calls.push(`kill ${id}`);
    return this.#answer(() => this.#endIfThere(id, 137));
  }

  remove(id: string): Promise<void> {
    this.calls.push(`remove ${id}`);
    return this.#answer(() => {
      const container = this.containers.get(id);
      if (container === undefined) return;
      this.end(id, 137);
      this.containers.delete(id);
      this.#tell({ type: 'container', id, podUid: container.pod.uid, change: 'removed' });
    });
  }

  /** `exit N` ends so, anything else is echoed. */
  exec(id: string, command: readonly string[]): Promise<ExecResult> {
    return this.#answer(() => {
      if (this.#get(id).state.phase !== 'running') {
        throw new RuntimeError('conflict', `container ${id} is not running`);
      }
      this.calls.push(`exec ${id} ${command.join(' ')}`);
      const code = /exit (\d+)/.exec(command.join(' '))?.[1];
      return { exitCode: Number(code ?? 0), output: command.join(' '), timedOut: false };
    });
  }

  /** As `exec`, and what comes in goes out. */
  async openExec(id: string, command: readonly string[]): Promise<ExecSession> {
    const { exitCode } = await this.exec(id, command);
    return { ...new FakeSession().session(), id: `exec-${++this.#made}`, exitCode: () => Promise.resolve(exitCode) };
  }

  killExec(execId: string): Promise<void> {
    this.calls.push(`killExec ${execId}`);
    return Promise.resolve();
  }

  attach(id: string): Promise<ContainerSession> {
    return this.#answer(() => {
      this.#get(id);
      return new FakeSession().session();
    });
  }

  async *logs(id: string, { tailLines }: LogOptions): AsyncIterable<Uint8Array> {
    yield await this.#answer(() => {
      this.#get(id);
      const lines = (this.#logs.get(id) ?? '').split(/(?<=\n)/);
      return Buffer.from((tailLines === undefined ? lines : lines.slice(-tailLines)).join(''));
    });
  }

  image(reference: string): Promise<ImageFacts | undefined> {
    return this.#answer(() => this.images.get(reference));
  }

  imageLayers(): Promise<undefined> {
    return this.#answer(() => undefined);
  }

  async load(archive: Readable): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'shiplog-fake-'));
    const path = join(folder, 'archive.tar');
    try {
      await writeFile(path, archive);
      const images = await withArchive(path, { place: folder, architecture: 'amd64' }, (opened) =>
        Promise.resolve(opened.images),
      );
      this.calls.push(`load ${images.flatMap(({ names }) => names).join(' ')}`);
      for (const { id, names } of images)
        for (const name of names) this.images.set(name, { id, digests: [], user: '', sizeBytes: 1_000 });
      this.#tell({ type: 'images' });
    } catch (error) {
      throw new RuntimeError('refused', String(error));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  listImages(): Promise<readonly ListedImage[]> {
    return this.#answer(() => {
      const all = [...this.images];
      const namesOf = (id: string): string[] => all.flatMap(([name, image]) => (image.id === id ? [name] : []));
      const distinct = new Map(all.map(([, image]) => [image.id, image])).values();
      return [...distinct].map(({ id, sizeBytes }) => ({ id, sizeBytes, names: namesOf(id) }));
    });
  }

  removeImage(id: string): Promise<void> {
    return this.#answer(() => {
      this.calls.push(`removeImage ${id}`);
      for (const [reference, image] of [...this.images]) if (image.id === id) this.images.delete(reference);
    });
  }

  pull(reference: string, _auth?: unknown, _signal?: AbortSignal): Promise<void> {
    return this.#attempt('pull', reference, () => {
      this.images.set(reference, { id: `sha256:${reference}`, digests: [], user: '', sizeBytes: 1_000 });
      this.#tell({ type: 'images' });
    });
  }

  findsPath(path: string): Promise<boolean> {
    return this.#answer(() => this.isOnThisMachine && existsSync(path));
  }

  filesOf(): Promise<readonly string[]> {
    return this.#answer(() => []);
  }

  createMemoryVolume(name: string, spec: MemoryVolumeSpec): Promise<void> {
    return this.#answer(() => void this.volumes.set(name, spec));
  }

  memoryVolumePath(name: string): Promise<string> {
    return this.#answer(() => `/volumes/${name}`);
  }

  removeVolumes(podUid: string): Promise<void> {
    return this.#answer(() => {
      for (const [name, volume] of this.volumes) if (volume.podUid === podUid) this.volumes.delete(name);
    });
  }

  #create(
    operation: Operation,
    identity: ContainerIdentity,
    spec: ContainerSpec | SandboxSpec,
    imageId: string,
  ): Promise<string> {
    return this.#attempt(operation, identity.name, () => {
      const id = `${identity.name}-${++this.#made}`;
      this.containers.set(id, { ...identity, id, imageId, state: { phase: 'created' } });
      this.specs.set(id, spec);
      return id;
    });
  }

  async #answer<T>(work: () => T): Promise<T> {
    await this.turn();
    try {
      return work();
    } finally {
      await this.turn();
    }
  }

  #endIfThere(id: string, exitCode: number): void {
    if (this.containers.has(id)) this.end(id, exitCode);
  }

  #attempt<T>(operation: Operation, description: string, work: () => T): Promise<T> {
    this.calls.push(`${operation} ${description}`);
    const error = this.#failing.get(operation);
    this.#failing.delete(operation);
    return this.#answer(() => {
      if (error !== undefined) throw error;
      return work();
    });
  }

  #run(id: string): Extract<ContainerState, { phase: 'running' }> {
    const container = this.#get(id);
    if (container.state.phase === 'running') return container.state;
    const state = {
      phase: 'running',
      startedAt: new Date(this.now()).toISOString(),
      pid: 1_000 + ++this.#made,
    } as const;
    this.#set(container, state);
    this.#tell({ type: 'container', id, podUid: container.pod.uid, change: 'started' });
    return state;
  }

  #get(id: string): ObservedContainer {
    const container = this.containers.get(id);
    if (container === undefined) throw new RuntimeError('not-found', `No such container: ${id}`);
    return container;
  }

  #set(container: ObservedContainer, state: ContainerState): void {
    this.containers.set(container.id, { ...container, state });
  }

  #tell(event: RuntimeEvent): void {
    void this.turn().then(() => {
      for (const listener of this.#listeners) listener(event);
    });
  }
}

/** What is written to it is what it writes. */
class FakeSession {
  readonly #bytes = new PassThrough();

  session(): ContainerSession {
    const bytes = this.#bytes;
    return {
      output: named(bytes),
      write: async (data) => void (await new Promise((resolve) => bytes.write(data, resolve))),
      endInput: () => void bytes.end(),
      resize: () => Promise.resolve(),
      close: () => Promise.resolve(void bytes.destroy()),
    };
  }
}

async function* named(bytes: AsyncIterable<Buffer>): AsyncIterable<{ name: 'stdout'; data: Buffer }> {
  for await (const data of bytes) yield { name: 'stdout', data };
}
