import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import {
  CONTAINER_STATE,
  CONTAINER_STATUS,
  CREATE_CONTAINER,
  LIST_CONTAINERS,
  POD_SANDBOX_STATUS,
  REMOVE_CONTAINER,
  REOPEN_CONTAINER_LOG,
  START_CONTAINER,
  STOP_CONTAINER,
  UPDATE_CONTAINER_RESOURCES,
  type ContainerStatus,
} from './protocol/cri';
import { KILL, WAIT } from './protocol/native';
import type { GrpcClient } from './grpc/client';
import { orGone } from './grpc/errors';
import { identityOf, LABEL } from '../labels';
import { LogRotation } from './logs/log-rotation';
import { removeLog } from './logs/log-files';
import { onceHeard } from './once-heard';
import { observedContainer } from './render/observed';
import { hostnameOf, logDirectoryOf, logPathOf, renderAmounts, renderContainer } from './render/requests';
import { traitsOf, type Traits } from './render/traits';
import { RuntimeError, type ContainerAmounts, type ContainerSpec, type ObservedContainer } from '../runtime';

export interface ContainersOptions {
  readonly node: string;
  readonly podLogs: string;
  /** For what the runtime reads while it makes a container. */
  readonly folder: string;
  /** Where on this machine a volume in memory is. */
  readonly volumePath: (name: string) => Promise<string>;
  readonly onProblem: (error: unknown, what: string) => void;
}

/** Statuses asked for at once while everything is listed. */
const PARALLEL = 8;
/** What the runtime takes beside a grace, before it counts as away. */
const STOP_LIMIT_MS = 120_000;
/** As the runtime says that a name is taken. */
const RESERVED = /is reserved for "([0-9a-f]+)"/;

/** A file with a seccomp profile. */
async function fileOf(folder: string, profile: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `seccomp-${randomUUID()}.json`);
  await writeFile(path, profile);
  return path;
}

/** The containers of pods. */
export class Containers {
  constructor(
    private readonly client: GrpcClient,
    private readonly options: ContainersOptions,
  ) {}

  async create(spec: ContainerSpec): Promise<string> {
    try {
      return await this.#create(spec);
    } catch (error) {
      // A leftover of an attempt that was cut short makes room.
      const leftover = error instanceof RuntimeError ? RESERVED.exec(error.message)?.[1] : undefined;
      if (leftover === undefined) throw error;
      await this.remove(leftover);
      return this.#create(spec);
    }
  }

  async #create(spec: ContainerSpec): Promise<string> {
    const { node, podLogs, folder, volumePath } = this.options;
    const { sandboxId, identity } = spec;
    const { status } = await this.client.call(POD_SANDBOX_STATUS, { podSandboxId: sandboxId });
    const volumes = new Map<string, string>();
    for (const mount of spec.mounts)
      if (mount.kind === 'volume') volumes.set(mount.source, await volumePath(mount.source));
    const seccomp = typeof spec.seccomp === 'object' ? await fileOf(folder, spec.seccomp.profile) : undefined;
    try {
      const places = { volume: (name: string) => volumes.get(name) ?? '', seccomp };
      const request = {
        podSandboxId: sandboxId,
        config: renderContainer(spec, node, places),
        // As the sandbox was made, as far as it matters for its containers.
        sandboxConfig: {
          metadata: status?.metadata ?? { ...identity.pod },
          hostname: hostnameOf(status?.annotations ?? {}),
          logDirectory: logDirectoryOf(podLogs, identity.pod),
          linux: { cgroupParent: spec.cgroupParent },
        },
      };
      return (await this.client.call(CREATE_CONTAINER, request)).containerId;
    } finally {
      if (seccomp !== undefined) await rm(seccomp, { force: true });
    }
  }

  async start(containerId: string): Promise<void> {
    const { state } = await this.status(containerId);
    if (state !== CONTAINER_STATE.running) await this.client.call(START_CONTAINER, { containerId });
  }

  async resize(containerId: string, amounts: ContainerAmounts): Promise<void> {
    await this.client.call(UPDATE_CONTAINER_RESOURCES, { containerId, linux: renderAmounts(amounts) });
  }

  async stop(containerId: string, graceSeconds: number): Promise<void> {
    const { stopSignal } = graceSeconds > 0 ? ((await this.traits(containerId)) ?? {}) : {};
    const signal = constants.signals[stopSignal as NodeJS.Signals];
    let timeout = graceSeconds;
    if (signal !== undefined) {
      // Of such a signal this version of the interface does not know.
      await orGone(this.client.call(KILL, { containerId, signal })).catch(() => undefined);
      await this.client.call(WAIT, { containerId }, { timeoutMs: graceSeconds * 1_000 }).catch(() => undefined);
      timeout = 0;
    }
    const timeoutMs = timeout * 1_000 + STOP_LIMIT_MS;
    await onceHeard(() => this.client.call(STOP_CONTAINER, { containerId, timeout }, { timeoutMs }));
  }

  /** @returns the sandbox that it was in; undefined when it was not there */
  async remove(containerId: string): Promise<string | undefined> {
    const { containers } = await this.client.call(LIST_CONTAINERS, { filter: { id: containerId } });
    const [listed] = containers;
    if (listed === undefined) return undefined;
    const found = await orGone(this.client.call(CONTAINER_STATUS, { containerId }));
    await onceHeard(async () => {
      await this.client.call(STOP_CONTAINER, { containerId, timeout: 0 });
      await this.client.call(REMOVE_CONTAINER, { containerId });
    });
    await removeLog(found?.status?.logPath ?? '');
    return listed.podSandboxId;
  }

  async find(containerId: string): Promise<ObservedContainer | undefined> {
    const found = await orGone(this.client.call(CONTAINER_STATUS, { containerId }));
    const status = found?.status ?? undefined;
    return status && observedContainer(status, this.options.node);
  }

  /** Throws RuntimeError when it is not there. */
  async status(containerId: string): Promise<ContainerStatus> {
    const { status } = await this.client.call(CONTAINER_STATUS, { containerId });
    if (status === null) throw new RuntimeError('not-found', `there is no container ${containerId}`);
    return status;
  }

  async traits(containerId: string): Promise<Traits | undefined> {
    const found = await orGone(this.client.call(CONTAINER_STATUS, { containerId }));
    const status = found?.status ?? undefined;
    return status && traitsOf(status.annotations);
  }

  async list(): Promise<ObservedContainer[]> {
    const ids = (await this.#listed()).map(({ id }) => id);
    const observed: ObservedContainer[] = [];
    const work = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        const container = await this.find(id);
        if (container !== undefined) observed.push(container);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return observed;
  }

  /** Keeps the logs of those that run within bounds, once it is started. */
  rotation(mostBytes?: number): LogRotation {
    const { node, podLogs, onProblem } = this.options;
    return new LogRotation({
      mostBytes,
      onProblem,
      running: async () => {
        const running = (await this.#listed()).filter(({ state }) => state === CONTAINER_STATE.running);
        return running.flatMap(({ id, labels }) => {
          const identity = identityOf(labels, node);
          return identity === undefined ? [] : [{ id, path: logPathOf(podLogs, identity) }];
        });
      },
      reopen: async (containerId) => void (await this.client.call(REOPEN_CONTAINER_LOG, { containerId })),
    });
  }

  async #listed() {
    const filter = { labelSelector: { [LABEL.node]: this.options.node } };
    return (await this.client.call(LIST_CONTAINERS, { filter })).containers;
  }
}
