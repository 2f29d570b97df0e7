import type { Readable } from 'node:stream';
import type { ListedImage } from '../../images/domain/node-images';
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
  type LogOptions,
  type MemoryVolumeSpec,
  type ObservedContainer,
  type PodRuntime,
  type ProbeKind,
  type RegistryAuth,
  type RuntimeCapabilities,
  type RuntimeEvent,
  type RuntimeName,
  type SandboxDetails,
  type SandboxSpec,
  type SessionStreams,
  type SimulatedAnswer,
} from '../runtime';
import { REAL_TIME, type Clock } from './clock';
import { Delays } from './delays';
import { HOLLOW_ENGINE } from './engine-facts';
import { RUNS, type Lifecycle, type LifecycleRow } from './domain/lifecycle';
import { imageNamed, listed } from './images';
import { lifecycleOf, lifecycleOfImage } from './lives';
import { readHollowLog, type WrittenLine } from './log';

/** What a hollow runtime is made with; all of it may be left out. */
export interface HollowOptions {
  readonly clock?: Clock;
  /** What becomes of containers by their images. */
  readonly rows?: readonly LifecycleRow[];
  /** What a call waits for before it does its work, and again before it is answered. */
  readonly turn?: () => Promise<void>;
  /** From 0 to 1, for times that are drawn. */
  readonly random?: () => number;
}

/** Resolves in a later turn of the event loop: I/O, timers and all microtasks have had their turn meanwhile. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const SANDBOX_IMAGE = 'sha256:pause';
/** As a shell tells of a signal: 128 and its number. */
const TERMINATED = 143;
const KILLED = 137;
const NO_PROCESS = 'the containers of a hollow node are no processes';

/** What goes on about one container, besides its state. */
interface Life {
  readonly lifecycle: Lifecycle;
  /** Of its next end, by itself or because it was asked to. */
  cancel: () => void;
}

/**
 * A runtime without an engine: its containers are entries of a table that live as data says. As with a real one, its answers and
 * events take turns of the event loop: a call does its work in one, and is answered in another. So whoever goes round in microtasks
 * never hears from it.
 */
export class HollowRuntime implements PodRuntime {
  readonly name: RuntimeName = 'hollow';
  readonly capabilities: RuntimeCapabilities = { processes: false, files: false, archives: false };
  readonly containers = new Map<string, ObservedContainer>();
  readonly images = new Map<string, ImageFacts>();
  readonly volumes = new Map<string, MemoryVolumeSpec>();
  readonly #lives = new Map<string, Life>();
  readonly #written = new Map<string, WrittenLine[]>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #delays: Delays;
  readonly #rows: readonly LifecycleRow[];
  readonly #turn: () => Promise<void>;
  #made = 0;

  constructor({ clock = REAL_TIME, rows = [], turn = nextTurn, random = Math.random }: HollowOptions = {}) {
    this.#delays = new Delays(clock, random);
    this.#rows = rows;
    this.#turn = turn;
  }

  /** A container ends by itself. */
  end(id: string, exitCode: number, { oomKilled = false }: { oomKilled?: boolean } = {}): void {
    const container = this.get(id);
    if (container.state.phase !== 'running') return;
    this.#lives.get(id)?.cancel();
    const { startedAt } = container.state;
    this.#set(container, { phase: 'exited', startedAt, finishedAt: this.#time(), exitCode, oomKilled, error: '' });
    this.#tell({ type: 'container', id, podUid: container.pod.uid, change: 'ended' });
  }

  /** A container writes something to its log: whole lines. */
  write(id: string, text: string): void {
    const lines = this.#written.get(id) ?? [];
    lines.push({ time: this.#time(), text });
    this.#written.set(id, lines);
  }

  engine(): Promise<EngineFacts> {
    return this.answer(() => HOLLOW_ENGINE);
  }

  prepare(): Promise<void> {
    return this.answer(() => undefined);
  }

  limits(): Promise<EngineLimits> {
    return this.answer(() => ({ negativeOomScore: true, privileged: true, missingCapabilities: [] }));
  }

  list(): Promise<ObservedContainer[]> {
    return this.answer(() => [...this.containers.values()]);
  }

  inspect(id: string): Promise<ObservedContainer | undefined> {
    return this.answer(() => this.containers.get(id));
  }

  watch(listener: (event: RuntimeEvent) => void): { close(): void } {
    this.#listeners.add(listener);
    void this.#turn().then(() => {
      if (this.#listeners.has(listener)) listener({ type: 'connected' });
    });
    return { close: () => void this.#listeners.delete(listener) };
  }

  createSandbox(spec: SandboxSpec): Promise<string> {
    return this.answer(() => this.#create(spec.identity, SANDBOX_IMAGE, RUNS));
  }

  startSandbox(id: string): Promise<SandboxDetails> {
    return this.answer(() => {
      const { startedAt, pid = 0 } = this.#run(id);
      return { pid, ip: '', startedAt };
    });
  }

  createContainer(spec: ContainerSpec): Promise<string> {
    return this.answer(() => this.#create(spec.identity, spec.imageId, lifecycleOf(spec, this.#rows)));
  }

  async start(id: string): Promise<void> {
    const { start, startError } = this.#lifecycle(id);
    await this.#delays.pass(start);
    return this.answer(() => {
      if (startError !== '') this.#failToStart(id, startError);
      this.#run(id);
    });
  }

  resize(id: string, _amounts: ContainerAmounts): Promise<void> {
    return this.answer(() => {
      if (this.get(id).state.phase !== 'running') throw new RuntimeError('conflict', `container ${id} is not running`);
    });
  }

  /** Ends after the time that its lifecycle says, or is killed at the end of the grace. */
  async stop(id: string, graceSeconds: number): Promise<void> {
    const { stop } = this.#lifecycle(id);
    const ms = this.#delays.draw(stop);
    const graceMs = graceSeconds * 1_000;
    if (ms > 0 && this.containers.get(id)?.state.phase === 'running') await this.#endsWithin(id, Math.min(ms, graceMs));
    return this.answer(() => this.#endIfThere(id, ms > graceMs ? KILLED : TERMINATED));
  }

  kill(id: string): Promise<void> {
    return this.answer(() => this.#endIfThere(id, KILLED));
  }

  remove(id: string): Promise<void> {
    return this.answer(() => {
      const container = this.containers.get(id);
      if (container === undefined) return;
      this.end(id, KILLED);
      this.containers.delete(id);
      this.#lives.delete(id);
      this.#written.delete(id);
      this.#tell({ type: 'container', id, podUid: container.pod.uid, change: 'removed' });
    });
  }

  exec(_id: string, _command: readonly string[], _timeoutMs: number): Promise<ExecResult> {
    return this.#refuse(`no command can be run: ${NO_PROCESS}`);
  }

  openExec(_id: string, _command: readonly string[], _streams: SessionStreams): Promise<ExecSession> {
    return this.#refuse(`no command can be run: ${NO_PROCESS}`);
  }

  killExec(_execId: string): Promise<void> {
    return this.answer(() => undefined);
  }

  attach(_id: string, _streams: Omit<SessionStreams, 'tty'>): Promise<ContainerSession> {
    return this.#refuse(`there is nothing to attach to: ${NO_PROCESS}`);
  }

  /** Well once it has run for as long as its lifecycle says; who lives is never found dead. */
  probe(id: string, kind: ProbeKind): Promise<SimulatedAnswer> {
    return this.answer(() => {
      const { state } = this.get(id);
      if (state.phase !== 'running') return { ok: false, output: `container ${id} is not running` };
      const { ready } = this.#lifecycle(id);
      const age = this.#delays.clock.now() - Date.parse(state.startedAt);
      const isReady = kind === 'Liveness' || age >= ready.toMs;
      return {
        ok: isReady,
        output: isReady ? '' : `the lifecycle of this container has it well after ${ready.toMs} ms`,
      };
    });
  }

  logs(id: string, options: LogOptions): AsyncIterable<Uint8Array> {
    return readHollowLog(options, {
      written: () => this.answer(() => (this.get(id), this.#written.get(id) ?? [])),
      isOver: () => this.containers.get(id)?.state.phase !== 'running',
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    });
  }

  image(reference: string): Promise<ImageFacts | undefined> {
    return this.answer(() => this.images.get(reference));
  }

  imageLayers(_id: string): Promise<undefined> {
    return this.answer(() => undefined);
  }

  load(_archive: Readable): Promise<void> {
    return this.#refuse('a hollow node takes no archives of images');
  }

  listImages(): Promise<readonly ListedImage[]> {
    return this.answer(() => listed(this.images));
  }

  removeImage(id: string): Promise<void> {
    return this.answer(() => {
      for (const [reference, image] of [...this.images]) if (image.id === id) this.images.delete(reference);
    });
  }

  /** Every image is to be had, but for those whose rows say otherwise. */
  async pull(reference: string, _auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    const { pull, pullError } = lifecycleOfImage(reference, this.#rows);
    await this.#delays.pass(pull, signal);
    return this.answer(() => {
      if (pullError !== '') throw new RuntimeError('refused', pullError);
      this.images.set(reference, imageNamed(reference));
      this.tellOfImages();
    });
  }

  findsPath(_path: string): Promise<boolean> {
    return this.answer(() => false);
  }

  filesOf(_id: string): Promise<readonly string[]> {
    return this.answer(() => []);
  }

  createMemoryVolume(name: string, spec: MemoryVolumeSpec): Promise<void> {
    return this.answer(() => void this.volumes.set(name, spec));
  }

  memoryVolumePath(name: string): Promise<string> {
    return this.answer(() => `/volumes/${name}`);
  }

  removeVolumes(podUid: string): Promise<void> {
    return this.answer(() => {
      for (const [name, volume] of this.volumes) if (volume.podUid === podUid) this.volumes.delete(name);
    });
  }

  /** Does something in a turn of the event loop, and answers in another. */
  protected async answer<T>(work: () => T): Promise<T> {
    await this.#turn();
    try {
      return work();
    } finally {
      await this.#turn();
    }
  }

  /** Throws RuntimeError. */
  protected get(id: string): ObservedContainer {
    const container = this.containers.get(id);
    if (container === undefined) throw new RuntimeError('not-found', `No such container: ${id}`);
    return container;
  }

  protected tellOfImages(): void {
    this.#tell({ type: 'images' });
  }

  /** The process of a container that begins to run; undefined where containers are none. */
  protected nextPid(): number | undefined {
    return undefined;
  }

  #create(identity: ContainerIdentity, imageId: string, lifecycle: Lifecycle): string {
    const id = `${identity.name}-${identity.pod.uid}-${++this.#made}`;
    this.containers.set(id, { ...identity, id, imageId, state: { phase: 'created' } });
    this.#lives.set(id, { lifecycle, cancel: () => undefined });
    return id;
  }

  #run(id: string): Extract<ContainerState, { phase: 'running' }> {
    const container = this.get(id);
    if (container.state.phase === 'running') return container.state;
    const pid = this.nextPid();
    const state = { phase: 'running', startedAt: this.#time(), ...(pid === undefined ? {} : { pid }) } as const;
    this.#set(container, state);
    this.#tell({ type: 'container', id, podUid: container.pod.uid, change: 'started' });
    this.#live(id);
    return state;
  }

  /** Has a container that has just begun to run write its lines, and end when its time is over. */
  #live(id: string): void {
    const life = this.#lives.get(id);
    if (life === undefined) return;
    const { log, run, exitCode, oomKilled } = life.lifecycle;
    if (log.length > 0) this.write(id, log.map((line) => `${line}\n`).join(''));
    if (run === undefined) return;
    life.cancel = this.#delays.clock.after(this.#delays.draw(run), () => this.#endIfThere(id, exitCode, { oomKilled }));
  }

  #failToStart(id: string, error: string): never {
    const time = this.#time();
    const exited = { phase: 'exited', startedAt: time, finishedAt: time, exitCode: 128, oomKilled: false } as const;
    this.#set(this.get(id), { ...exited, error });
    throw new RuntimeError('refused', error);
  }

  /** Resolves when a container has ended, or its time is over. */
  #endsWithin(id: string, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#listeners.delete(listener);
        resolve();
      };
      const listener = (event: RuntimeEvent): void => {
        if (event.type === 'container' && event.id === id && event.change !== 'started') done();
      };
      const cancel = this.#delays.clock.after(milliseconds, done);
      this.#listeners.add(listener);
    });
  }

  #lifecycle(id: string): Lifecycle {
    return this.#lives.get(id)?.lifecycle ?? RUNS;
  }

  #endIfThere(id: string, exitCode: number, how: { oomKilled?: boolean } = {}): void {
    if (this.containers.has(id)) this.end(id, exitCode, how);
  }

  #refuse(reason: string): Promise<never> {
    return this.answer(() => {
      throw new RuntimeError('refused', reason);
    });
  }

  #time(): string {
    return new Date(this.#delays.clock.now()).toISOString();
  }

  #set(container: ObservedContainer, state: ContainerState): void {
    this.containers.set(container.id, { ...container, state });
  }

  #tell(event: RuntimeEvent): void {
    void this.#turn().then(() => {
      for (const listener of [...this.#listeners]) listener(event);
    });
  }
}
