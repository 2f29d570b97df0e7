import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { withArchive } from '../../images/archives/open-archive';
import { HollowRuntime } from '../hollow/hollow-runtime';
import { REAL_TIME } from '../hollow/clock';
import {
  REAL_CONTAINERS,
  RuntimeError,
  type ContainerAmounts,
  type ContainerSession,
  type ContainerSpec,
  type EngineFacts,
  type ExecResult,
  type ExecSession,
  type ImageFacts,
  type RuntimeCapabilities,
  type RuntimeName,
  type SandboxDetails,
  type SandboxSpec,
} from '../runtime';

type Operation = 'createSandbox' | 'startSandbox' | 'createContainer' | 'start' | 'resize' | 'pull';

/** The hollow runtime in the hands of a spec: calls can be seen and fail, and containers pretend to be processes. */
export class FakeRuntime extends HollowRuntime {
  override readonly name: RuntimeName = 'docker';
  override readonly capabilities: RuntimeCapabilities = REAL_CONTAINERS;
  readonly specs = new Map<string, ContainerSpec | SandboxSpec>();
  /** Whether it sees the directories of this machine, so that the kubelet's own mounts are of use. */
  isOnThisMachine = false;
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  readonly #failing = new Map<Operation, Error>();
  #sessions = 0;
  #pids = 1_000;

  constructor(now: () => number = Date.now, turn?: () => Promise<void>) {
    super({ clock: { ...REAL_TIME, now }, ...(turn === undefined ? {} : { turn }) });
  }

  /** The next call of an operation fails. */
  failNext(operation: Operation, error: Error): void {
    this.#failing.set(operation, error);
  }

  override async engine(): Promise<EngineFacts> {
    return { ...(await super.engine()), name: this.name, version: 'fake', runtimes: ['runc'] };
  }

  override createSandbox(spec: SandboxSpec): Promise<string> {
    return this.#attempt('createSandbox', spec.identity.name, () => this.#kept(spec, super.createSandbox(spec)));
  }

  override startSandbox(id: string): Promise<SandboxDetails> {
    return this.#attempt('startSandbox', id, () => super.startSandbox(id));
  }

  override createContainer(spec: ContainerSpec): Promise<string> {
    // What it runs is a spec's to say, and not its command's.
    const { entrypoint: _entrypoint, args: _args, ...rest } = spec;
    return this.#attempt('createContainer', spec.identity.name, () => this.#kept(spec, super.createContainer(rest)));
  }

  override start(id: string): Promise<void> {
    return this.#attempt('start', id, () => super.start(id));
  }

  override resize(id: string, amounts: ContainerAmounts): Promise<void> {
    const { cpuShares, cpuQuota, memoryBytes } = amounts;
    return this.#attempt('resize', `${id} ${cpuShares} ${cpuQuota} ${memoryBytes}`, () => super.resize(id, amounts));
  }

  override stop(id: string, graceSeconds: number): Promise<void> {
    this.calls.push(`stop ${id} ${graceSeconds}`);
    return super.stop(id, graceSeconds);
  }

  override kill(id: string): Promise<void> {
    this.calls.push(`kill ${id}`);
    return super.kill(id);
  }

  override remove(id: string): Promise<void> {
    this.calls.push(`remove ${id}`);
    return super.remove(id);
  }

  /** `exit N` ends so, anything else is echoed. */
  override exec(id: string, command: readonly string[]): Promise<ExecResult> {
    return this.answer(() => {
      if (this.get(id).state.phase !== 'running') {
        throw new RuntimeError('conflict', `container ${id} is not running`);
      }
      this.calls.push(`exec ${id} ${command.join(' ')}`);
      const code = /exit (\d+)/.exec(command.join(' '))?.[1];
      return { exitCode: Number(code ?? 0), output: command.join(' '), timedOut: false };
    });
  }

  /** As `exec`, and what comes in goes out. */
  override async openExec(id: string, command: readonly string[]): Promise<ExecSession> {
    const { exitCode } = await this.exec(id, command);
    return { ...echo(), id: `exec-${++this.#sessions}`, exitCode: () => Promise.resolve(exitCode) };
  }

  override killExec(execId: string): Promise<void> {
    this.calls.push(`killExec ${execId}`);
    return Promise.resolve();
  }

  override attach(id: string): Promise<ContainerSession> {
    return this.answer(() => {
      this.get(id);
      return echo();
    });
  }

  override async load(archive: Readable): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'shiplog-fake-'));
    const path = join(folder, 'archive.tar');
    try {
      await writeFile(path, archive);
      const images = await withArchive(path, { place: folder, architecture: 'amd64' }, (opened) =>
        Promise.resolve(opened.images),
      );
      this.calls.push(`load ${images.flatMap(({ names }) => names).join(' ')}`);
      for (const { id, names } of images) for (const name of names) this.images.set(name, imageOf(id));
      this.tellOfImages();
    } catch (error) {
      throw new RuntimeError('refused', String(error));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  override removeImage(id: string): Promise<void> {
    this.calls.push(`removeImage ${id}`);
    return super.removeImage(id);
  }

  override pull(reference: string, _auth?: unknown, _signal?: AbortSignal): Promise<void> {
    return this.#attempt('pull', reference, () =>
      this.answer(() => {
        this.images.set(reference, imageOf(`sha256:${reference}`));
        this.tellOfImages();
      }),
    );
  }

  override findsPath(path: string): Promise<boolean> {
    return this.answer(() => this.isOnThisMachine && existsSync(path));
  }

  protected override nextPid(): number {
    return ++this.#pids;
  }

  async #kept(spec: ContainerSpec | SandboxSpec, made: Promise<string>): Promise<string> {
    const id = await made;
    this.specs.set(id, spec);
    return id;
  }

  #attempt<T>(operation: Operation, description: string, work: () => Promise<T>): Promise<T> {
    this.calls.push(`${operation} ${description}`);
    const error = this.#failing.get(operation);
    this.#failing.delete(operation);
    if (error === undefined) return work();
    return this.answer(() => {
      throw error;
    });
  }
}

function imageOf(id: string): ImageFacts {
  return { id, digests: [], user: '', sizeBytes: 1_000 };
}

/** What is written to it is what it writes. */
function echo(): ContainerSession {
  const bytes = new PassThrough();
  return {
    output: named(bytes),
    write: async (data) => void (await new Promise((resolve) => bytes.write(data, resolve))),
    endInput: () => void bytes.end(),
    resize: () => Promise.resolve(),
    close: () => Promise.resolve(void bytes.destroy()),
  };
}

async function* named(bytes: AsyncIterable<Buffer>): AsyncIterable<{ name: 'stdout'; data: Buffer }> {
  for await (const data of bytes) yield { name: 'stdout', data };
}
