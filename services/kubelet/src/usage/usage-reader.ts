import { performance } from 'node:perf_hooks';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { EngineCgroups } from '../node/cgroups';
import { ContainerTable } from '../runtime/container-table';
import { SANDBOX_NAME, type ObservedContainer } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { CgroupReader } from './cgroup-reader';
import { cpuRateOf, withReading, type CpuReading } from './domain/cpu-rate';
import { sum, sumOfMemory, sumOfRates, type ContainerUsage, type PodUsage, type Usage } from './domain/usage';

const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };
/** Pods whose files are read before everybody else has a turn of the event loop. */
const PODS_A_TURN = 10;
/** All processes of the machine. */
const ROOT = '/';

type Running = ObservedContainer & { readonly state: { readonly phase: 'running' } };

/**
 * What pods and this node use, read from cgroup files when somebody asks. Between, only the processor time of each container is
 * looked at, at an interval: a rate needs an earlier look.
 */
@Injectable()
export class UsageReader implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Earlier looks at processor time, the newest first, by container id; '' is the machine. */
  #earlier = new Map<string, readonly CpuReading[]>();
  /** By container id, for those whose pods have no cgroup of their own. */
  readonly #paths = new Map<string, string>();
  readonly #looking = new SyncLoop({
    run: () => this.look(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.error({ err: error }, 'could not look at what containers use'),
  });

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'usageInterval'>,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'error'>,
    private readonly table: ContainerTable,
    private readonly cgroups: EngineCgroups,
    private readonly reader: CgroupReader,
  ) {}

  onApplicationBootstrap(): void {
    this.#looking.wakeEvery(this.config.usageInterval);
    this.#looking.wake();
  }

  onApplicationShutdown(): void {
    void this.#looking.stop();
  }

  /** Looks at the processor time of all, for rates to come. */
  async look(): Promise<void> {
    const earlier = new Map<string, readonly CpuReading[]>();
    const keep = (key: string, path: string | undefined): void => {
      const nanoseconds = path === undefined ? undefined : this.reader.cpu(path);
      if (nanoseconds === undefined) return;
      earlier.set(key, withReading(this.#earlier.get(key) ?? [], { atMs: performance.now(), nanoseconds }));
    };
    keep('', ROOT);
    await this.#inTurns(this.table.pods(), (uid) => {
      for (const container of this.#running(uid)) keep(container.id, this.#pathOf(container));
    });
    this.#earlier = earlier;
    for (const id of this.#paths.keys()) if (!earlier.has(id)) this.#paths.delete(id);
  }

  /** What the machine uses, with all that runs on it; undefined where this process sees no cgroups. */
  node(): Usage | undefined {
    return this.#read(ROOT, '');
  }

  /** What pods use, of those that have anything running here. */
  async pods(uids: readonly string[] = this.table.pods()): Promise<readonly PodUsage[]> {
    const found: PodUsage[] = [];
    await this.#inTurns(uids, (uid) => {
      const usage = this.pod(uid);
      if (usage !== undefined) found.push(usage);
    });
    return found;
  }

  /** What one pod uses now; undefined when nothing of it runs on this machine. */
  pod(uid: string): PodUsage | undefined {
    const path = this.cgroups.parentOf(uid);
    const containers = this.#running(uid).flatMap((container) => this.#readContainer(container) ?? []);
    const memory = path === undefined ? undefined : this.reader.memory(path);
    const cpuNanoseconds = path === undefined ? undefined : this.reader.cpu(path);
    const identity = this.table.of(uid)[0]?.pod;
    const isWhole = memory !== undefined && cpuNanoseconds !== undefined;
    if (identity === undefined || (!isWhole && containers.length === 0)) return undefined;
    return {
      pod: identity,
      containers,
      time: Date.now(),
      cpuNanoseconds: cpuNanoseconds ?? sum(containers, (item) => item.cpuNanoseconds),
      cpuRate: sumOfRates(containers),
      memory: memory ?? sumOfMemory(containers),
      processes: path === undefined ? undefined : this.reader.processes(path),
    };
  }

  #readContainer(container: Running): ContainerUsage | undefined {
    const path = this.#pathOf(container);
    const { startedAt } = container.state;
    const usage = path === undefined ? undefined : this.#read(path, container.id, startedAt);
    return usage && { ...usage, name: container.name, containerId: container.id, startedAt };
  }

  #read(path: string, key: string, startedAt?: string): Usage | undefined {
    const nanoseconds = this.reader.cpu(path);
    const memory = this.reader.memory(path);
    if (nanoseconds === undefined || memory === undefined) return undefined;
    const now = { atMs: performance.now(), nanoseconds };
    const cpuRate = cpuRateOf(this.#earlier.get(key) ?? this.#beginning(startedAt, now.atMs), now);
    return { time: Date.now(), cpuNanoseconds: nanoseconds, cpuRate, memory };
  }

  /** A container that began after the last look had used nothing then. */
  #beginning(startedAt: string | undefined, nowMs: number): readonly CpuReading[] {
    if (startedAt === undefined) return [];
    const age = Date.now() - Date.parse(startedAt);
    return age <= 2 * this.config.usageInterval ? [{ atMs: nowMs - age, nanoseconds: 0 }] : [];
  }

  #running(uid: string): readonly Running[] {
    return this.table
      .of(uid)
      .filter((item): item is Running => item.state.phase === 'running' && item.name !== SANDBOX_NAME);
  }

  /** Below the pod's own cgroup, or beside its sandbox's: both have the engine's same parent. */
  #pathOf({ id, pod }: Running): string | undefined {
    const parent = this.cgroups.parentOf(pod.uid);
    if (parent !== undefined) return `${parent}/${id}`;
    const path = this.#paths.get(id) ?? this.#pathBySandbox(id, pod.uid);
    if (path !== undefined) this.#paths.set(id, path);
    return path;
  }

  #pathBySandbox(id: string, uid: string): string | undefined {
    const sandbox = this.table.of(uid).find((item) => item.name === SANDBOX_NAME && item.state.phase === 'running');
    if (sandbox?.state.phase !== 'running' || sandbox.state.pid === undefined) return undefined;
    return this.reader.pathOf(sandbox.id, sandbox.state.pid)?.replace(sandbox.id, id);
  }

  async #inTurns(uids: readonly string[], work: (uid: string) => void): Promise<void> {
    for (const [i, uid] of uids.entries()) {
      if (i > 0 && i % PODS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      work(uid);
    }
  }
}
