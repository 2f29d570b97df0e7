import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { EngineCgroups } from '../node/cgroups';
import { renderFallback, runHook } from '../probes/hooks';
import { ContainerTable } from '../runtime/container-table';
import type { PodRuntime } from '../runtime/runtime';
import { Notes } from '../status/notes';
import { POD_RUNTIME } from '../tokens';
import type { KillAction, PodScope } from './pod-scope';
import { renderPod, type Pod } from '../domain/pod';

/** Kubernetes leaves a container at least so long to end, whatever its grace and its preStop hook (`minimumGracePeriodInSeconds`). */
const LEAST_GRACE_S = 2;

interface Killing {
  /** Epoch milliseconds. */
  deadline: number;
  hurry?: NodeJS.Timeout;
}

/** Ends containers, and takes away what pods leave. */
@Injectable()
export class Stopper {
  /** By container id. */
  readonly #killing = new Map<string, Killing>();

  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly table: ContainerTable,
    private readonly cgroups: EngineCgroups,
    private readonly notes: Notes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Runs the preStop hook, asks the container to end, and kills it when the grace is over. */
  async kill(scope: PodScope, pod: Pod, action: KillAction): Promise<void> {
    const { runtime, table, notes } = this;
    const { id, graceSeconds } = action;
    const deadline = Date.now() + graceSeconds * 1_000;
    this.#killing.set(id, { deadline });
    try {
      notes.say(pod, 'Normal', 'Killing', action.reason, action.container);
      const { container, reason } = action;
      this.logger.info({ ...renderPod(pod), container, reason, graceSeconds, id }, 'a container is to end');
      await this.#preStop(scope, pod, action);
      const left = Math.ceil(((this.#killing.get(id)?.deadline ?? deadline) - Date.now()) / 1_000);
      await runtime.stop(id, Math.max(LEAST_GRACE_S, left));
      await table.refresh(id);
    } finally {
      clearTimeout(this.#killing.get(id)?.hurry);
      this.#killing.delete(id);
    }
  }

  /** The grace of a kill under way has become shorter. */
  hurry({ id, graceSeconds }: KillAction): void {
    const killing = this.#killing.get(id);
    const deadline = Date.now() + graceSeconds * 1_000;
    if (killing === undefined || deadline > killing.deadline - 1_000) return;
    killing.deadline = deadline;
    clearTimeout(killing.hurry);
    killing.hurry = setTimeout(() => {
      this.runtime
        .kill(id)
        .catch((error: unknown) => this.logger.warn({ err: error, id }, 'could not kill a container'));
    }, graceSeconds * 1_000);
  }

  async #preStop({ sandbox }: PodScope, pod: Pod, { id, container: name, graceSeconds }: KillAction): Promise<void> {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    const container = [...containers, ...initContainers].find((item) => item.name === name);
    const hook = container?.lifecycle?.preStop;
    if (container === undefined || hook === undefined) return;
    const target = { runtime: this.runtime, pod, container, containerId: id, podIP: sandbox.ip ?? '' };
    const { ok, message, fallback } = await runHook(hook, target, graceSeconds * 1_000);
    if (fallback !== undefined) this.notes.say(pod, 'Warning', 'LifecycleHTTPFallback', renderFallback(fallback));
    if (ok) return;
    // Not why: what the hook said may be secret.
    this.notes.say(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', name);
    this.logger.info({ pod: pod.metadata.name, container: name, message }, 'a preStop hook failed');
  }

  /** Takes a container away. */
  async remove(id: string): Promise<void> {
    await this.runtime.remove(id);
    this.table.drop(id);
  }

  /** The network and the volumes of a pod that is over go, its dead containers stay. */
  async dropSandbox({ files, sandbox }: PodScope, pod: Pod, id: string): Promise<void> {
    await files.removeVolumes();
    await Promise.all([this.runtime.remove(id), sandbox.drop(pod)]);
    this.table.drop(id);
  }

  /** Everything of the pod goes: containers, address, volumes, files, cgroups. */
  async sweep({ files, sandbox }: PodScope, pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    const { runtime, table, cgroups } = this;
    const ids = table.of(uid).map((item) => item.id);
    await Promise.all([...ids.map((id) => runtime.remove(id)), sandbox.drop(pod)]);
    for (const id of ids) table.drop(id);
    // Of a pod that only its containers tell of, nobody knows what volumes it had.
    const isStray = pod.spec?.containers.length === 0;
    const holdsMemory = isStray || (pod.spec?.volumes ?? []).some((volume) => volume.emptyDir?.medium === 'Memory');
    // The files last: by them the next kubelet knows whose the rest is.
    await Promise.all([...(holdsMemory ? [runtime.removeVolumes(uid)] : []), cgroups.remove(uid)]);
    await files.remove();
    this.logger.info({ ...renderPod(pod), containers: ids.length }, 'a pod is gone from this node');
  }
}
