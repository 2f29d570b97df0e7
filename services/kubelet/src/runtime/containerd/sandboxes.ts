import {
  LIST_CONTAINERS,
  LIST_POD_SANDBOX,
  POD_SANDBOX_STATUS,
  REMOVE_POD_SANDBOX,
  RUN_POD_SANDBOX,
  SANDBOX_READY,
  STOP_POD_SANDBOX,
} from './protocol/cri';
import { GET_PROCESS, LIST_TASKS } from './protocol/native';
import type { GrpcClient } from './grpc/client';
import { orGone } from './grpc/errors';
import { LABEL, identityOf } from '../labels';
import { onceHeard } from './once-heard';
import { isoTime, observedSandbox } from './render/observed';
import { renderSandbox } from './render/requests';
import { RuntimeError, type ObservedContainer, type SandboxDetails, type SandboxSpec } from '../runtime';

export interface SandboxesOptions {
  readonly node: string;
  readonly podLogs: string;
}

/**
 * The sandboxes of pods. The runtime removes a sandbox with its containers, and those that are dead have logs that are still
 * asked for: so one that is removed before them is stopped, counts as gone, and goes with the last of them.
 */
export class Sandboxes {
  readonly #goneBefore = new Set<string>();

  constructor(
    private readonly client: GrpcClient,
    private readonly options: SandboxesOptions,
  ) {}

  /** Makes it; it runs then already. One of the same attempt is a leftover of a start that was cut short, and makes room. */
  async create(spec: SandboxSpec): Promise<string> {
    const { client, options } = this;
    const { uid } = spec.identity.pod;
    const before = await client.call(LIST_POD_SANDBOX, { filter: { labelSelector: { [LABEL.podUid]: uid } } });
    for (const { id, labels } of before.items)
      if (identityOf(labels, options.node)?.attempt === spec.identity.attempt) await this.remove(id);
    // Those that stay for their containers keep their numbers.
    const taken = before.items.map(({ metadata }) => metadata?.attempt ?? 0);
    const attempt = Math.max(spec.identity.attempt, ...taken.map((number) => number + 1));
    const config = renderSandbox(spec, options.node, options.podLogs, attempt);
    const request = { config, ...(spec.runtime === undefined ? {} : { runtimeHandler: spec.runtime }) };
    return (await client.call(RUN_POD_SANDBOX, request)).podSandboxId;
  }

  async details(id: string): Promise<SandboxDetails> {
    const { status } = await this.client.call(POD_SANDBOX_STATUS, { podSandboxId: id });
    if (status?.state !== SANDBOX_READY) throw new RuntimeError('refused', `the sandbox ${id} has ended`);
    const pid = await this.#pidOf(id);
    if (pid === undefined) throw new RuntimeError('refused', `the sandbox ${id} has no process`);
    return { pid, ip: status.network?.ip ?? '', startedAt: isoTime(status.createdAt) };
  }

  async find(id: string): Promise<ObservedContainer | undefined> {
    if (this.#goneBefore.has(id)) return undefined;
    const found = await orGone(this.client.call(POD_SANDBOX_STATUS, { podSandboxId: id }));
    const status = found?.status ?? undefined;
    return status && observedSandbox(status, this.options.node, await this.#pidOf(id));
  }

  async list(): Promise<ObservedContainer[]> {
    const { node } = this.options;
    const filter = { labelSelector: { [LABEL.node]: node } };
    const [{ items }, { tasks }] = await Promise.all([
      this.client.call(LIST_POD_SANDBOX, { filter }),
      this.client.call(LIST_TASKS, {}),
    ]);
    const pids = new Map(tasks.map((task) => [task.id, task.pid]));
    const shown = items.filter(({ id }) => !this.#goneBefore.has(id));
    return shown.flatMap((item) => observedSandbox(item, node, pids.get(item.id)) ?? []);
  }

  async stop(id: string): Promise<void> {
    await onceHeard(() => this.client.call(STOP_POD_SANDBOX, { podSandboxId: id }));
  }

  /** @returns whether it is gone, or only counts as gone */
  async remove(id: string): Promise<boolean> {
    this.#goneBefore.add(id);
    await this.stop(id);
    return this.#removeIfEmpty(id);
  }

  /** A container of it is gone: if it was the last of those it stayed for, so is the sandbox. */
  async left(id: string): Promise<void> {
    if (this.#goneBefore.has(id)) await this.#removeIfEmpty(id);
  }

  async #removeIfEmpty(id: string): Promise<boolean> {
    const { containers } = await this.client.call(LIST_CONTAINERS, { filter: { podSandboxId: id } });
    if (containers.length > 0) return false;
    await onceHeard(() => this.client.call(REMOVE_POD_SANDBOX, { podSandboxId: id }));
    this.#goneBefore.delete(id);
    return true;
  }

  async #pidOf(containerId: string): Promise<number | undefined> {
    const found = await orGone(this.client.call(GET_PROCESS, { containerId }));
    return found?.process?.pid;
  }
}
