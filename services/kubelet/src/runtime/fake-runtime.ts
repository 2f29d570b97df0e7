import {
  RuntimeError,
  type ContainerIdentity,
  type ContainerSpec,
  type ContainerState,
  type EngineFacts,
  type EngineLimits,
  type ExecResult,
  type ImageFacts,
  type InfraDetails,
  type InfraSpec,
  type LogOptions,
  type ObservedContainer,
  type PodRuntime,
  type RuntimeEvent,
} from './runtime';

type Operation = 'createInfra' | 'startInfra' | 'createContainer' | 'start' | 'pull';

/** An engine in memory, for specs: its containers run until they are told to end. */
export class FakeRuntime implements PodRuntime {
  readonly containers = new Map<string, ObservedContainer>();
  readonly specs = new Map<string, ContainerSpec | InfraSpec>();
  readonly images = new Map<string, ImageFacts>();
  readonly volumes = new Map<string, string>();
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  readonly #logs = new Map<string, string>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #failing = new Map<Operation, Error>();
  #made = 0;

  constructor(private readonly now: () => number = Date.now) {}

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
    this.#tell({ type: 'container', id, podUid: container.pod.uid, what: 'ended' });
  }

  write(id: string, text: string): void {
    this.#logs.set(id, (this.#logs.get(id) ?? '') + text);
  }

  engine(): Promise<EngineFacts> {
    return Promise.resolve({
      version: 'fake',
      osImage: 'fake',
      kernel: 'fake',
      architecture: 'x86_64',
      cpus: 2,
      memoryBytes: 2 ** 30,
      cgroupDriver: 'none',
      liveRestore: true,
    });
  }

  async prepare(): Promise<void> {
    await Promise.resolve();
  }

  limits(): Promise<EngineLimits> {
    return Promise.resolve({ negativeOomScore: true, privileged: true, missingCapabilities: [] });
  }

  list(): Promise<ObservedContainer[]> {
    return Promise.resolve([...this.containers.values()]);
  }

  inspect(id: string): Promise<ObservedContainer | undefined> {
    return Promise.resolve(this.containers.get(id));
  }

  watch(listener: (event: RuntimeEvent) => void): { close(): void } {
    this.#listeners.add(listener);
    queueMicrotask(() => listener({ type: 'connected' }));
    return { close: () => void this.#listeners.delete(listener) };
  }

  createInfra(spec: InfraSpec): Promise<string> {
    return this.#create('createInfra', spec.identity, spec, 'sha256:pause');
  }

  async startInfra(id: string): Promise<InfraDetails> {
    this.#attempt('startInfra', id);
    const { startedAt, pid = 0 } = this.#run(id);
    return Promise.resolve({ pid, ip: '', startedAt });
  }

  createContainer(spec: ContainerSpec): Promise<string> {
    return this.#create('createContainer', spec.identity, spec, spec.imageId);
  }

  async start(id: string): Promise<void> {
    this.#attempt('start', id);
    this.#run(id);
    await Promise.resolve();
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    this.calls.push(`stop ${id} ${graceSeconds}`);
    if (this.containers.has(id)) this.end(id, 143);
    await Promise.resolve();
  }

  async kill(id: string): Promise<void> {
    this.calls.push(`kill ${id}`);
    if (this.containers.has(id)) this.end(id, 137);
    await Promise.resolve();
  }

  async remove(id: string): Promise<void> {
    this.calls.push(`remove ${id}`);
    const container = this.containers.get(id);
    if (container === undefined) return;
    this.end(id, 137);
    this.containers.delete(id);
    this.#tell({ type: 'container', id, podUid: container.pod.uid, what: 'removed' });
    await Promise.resolve();
  }

  /** `exit N` ends so, anything else is echoed. */
  exec(id: string, command: readonly string[]): Promise<ExecResult> {
    if (this.#get(id).state.phase !== 'running') {
      return Promise.reject(new RuntimeError('conflict', `container ${id} is not running`));
    }
    this.calls.push(`exec ${id} ${command.join(' ')}`);
    const code = /exit (\d+)/.exec(command.join(' '))?.[1];
    return Promise.resolve({ exitCode: Number(code ?? 0), output: command.join(' '), timedOut: false });
  }

  async *logs(id: string, { tailLines }: LogOptions): AsyncIterable<Uint8Array> {
    this.#get(id);
    const lines = (this.#logs.get(id) ?? '').split(/(?<=\n)/);
    yield await Promise.resolve(Buffer.from((tailLines === undefined ? lines : lines.slice(-tailLines)).join('')));
  }

  image(reference: string): Promise<ImageFacts | undefined> {
    return Promise.resolve(this.images.get(reference));
  }

  async pull(reference: string, _auth?: unknown, _signal?: AbortSignal): Promise<void> {
    this.#attempt('pull', reference);
    this.images.set(reference, { id: `sha256:${reference}`, digests: [], user: '' });
    await Promise.resolve();
    this.#tell({ type: 'images' });
  }

  async createMemoryVolume(name: string, podUid: string): Promise<void> {
    this.volumes.set(name, podUid);
    await Promise.resolve();
  }

  async removeVolumes(podUid: string): Promise<void> {
    for (const [name, owner] of this.volumes) if (owner === podUid) this.volumes.delete(name);
    await Promise.resolve();
  }

  async #create(
    operation: Operation,
    identity: ContainerIdentity,
    spec: ContainerSpec | InfraSpec,
    imageId: string,
  ): Promise<string> {
    this.#attempt(operation, identity.name);
    const id = `${identity.name}-${++this.#made}`;
    this.containers.set(id, { ...identity, id, imageId, state: { phase: 'created' } });
    this.specs.set(id, spec);
    return Promise.resolve(id);
  }

  #attempt(operation: Operation, what: string): void {
    this.calls.push(`${operation} ${what}`);
    const error = this.#failing.get(operation);
    this.#failing.delete(operation);
    if (error !== undefined) throw error;
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
    this.#tell({ type: 'container', id, podUid: container.pod.uid, what: 'started' });
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
    for (const listener of this.#listeners) listener(event);
  }
}
