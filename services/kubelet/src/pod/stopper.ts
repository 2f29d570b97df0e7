import { act } from '../probes/actions';
import type { PodFiles } from '../volumes/pod-files';
import type { KubeletContext } from './context';
import type { PodAction } from './decide-pod';
import type { Sandbox } from './sandbox';
import type { Pod } from './view';

export type KillAction = Extract<PodAction, { do: 'kill' }>;

/** Kubernetes leaves a container at least this long after its preStop hook has used up the grace. */
const LEAST_AFTER_HOOK_S = 2;

interface Killing {
  /** Epoch milliseconds. */
  deadline: number;
  hurry?: NodeJS.Timeout;
}

/** Ends containers, and takes away what a pod leaves. */
export class Stopper {
  readonly #killing = new Map<string, Killing>();

  constructor(
    private readonly context: KubeletContext,
    private readonly files: PodFiles,
    private readonly sandbox: Sandbox,
  ) {}

  /** Runs the preStop hook, asks the container to end, and kills it when the grace is over. */
  async kill(pod: Pod, action: KillAction): Promise<void> {
    const { runtime, table, notes } = this.context;
    const { id, graceSeconds } = action;
    const deadline = this.context.now() + graceSeconds * 1_000;
    this.#killing.set(id, { deadline });
    try {
      notes.say(pod, 'Normal', 'Killing', action.why, action.container);
      const hooked = await this.#preStop(pod, action);
      const left = Math.ceil(((this.#killing.get(id)?.deadline ?? deadline) - this.context.now()) / 1_000);
      await runtime.stop(id, hooked ? Math.max(LEAST_AFTER_HOOK_S, left) : Math.max(1, left));
      await table.refresh(id);
    } finally {
      clearTimeout(this.#killing.get(id)?.hurry);
      this.#killing.delete(id);
    }
  }

  /** The grace of a kill under way has become shorter. */
  hurry({ id, graceSeconds }: KillAction): void {
    const killing = this.#killing.get(id);
    const deadline = this.context.now() + graceSeconds * 1_000;
    if (killing === undefined || deadline > killing.deadline - 1_000) return;
    killing.deadline = deadline;
    clearTimeout(killing.hurry);
    killing.hurry = setTimeout(() => {
      this.context.runtime
        .kill(id)
        .catch((error: unknown) => this.context.logger.warn({ err: error, id }, 'could not kill a container'));
    }, graceSeconds * 1_000);
  }

  async #preStop(pod: Pod, { id, container: name, graceSeconds }: KillAction): Promise<boolean> {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    const container = [...containers, ...initContainers].find((one) => one.name === name);
    const hook = container?.lifecycle?.preStop;
    if (container === undefined || hook === undefined || graceSeconds <= 1) return false;
    const target = { runtime: this.context.runtime, container, containerId: id, podIP: this.sandbox.ip ?? '' };
    const { ok, output } = await act(hook, target, graceSeconds * 1_000);
    if (!ok) this.context.notes.say(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${output}`, name);
    return true;
  }

  /** The pod's network goes, its dead containers stay. */
  async dropInfra(pod: Pod, id: string): Promise<void> {
    await Promise.all([this.context.runtime.remove(id), this.sandbox.drop(pod)]);
    this.context.table.drop(id);
  }

  /** Everything of the pod goes: containers, address, volumes, files, cgroups. */
  async sweep(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    const { runtime, table, cgroups } = this.context;
    const ids = table.of(uid).map((one) => one.id);
    await Promise.all([...ids.map((id) => runtime.remove(id)), this.sandbox.drop(pod)]);
    for (const id of ids) table.drop(id);
    // Of a pod that only its containers tell of, nobody knows what volumes it had.
    const isStray = pod.spec?.containers.length === 0;
    const holdsMemory = isStray || (pod.spec?.volumes ?? []).some((volume) => volume.emptyDir?.medium === 'Memory');
    await Promise.all([...(holdsMemory ? [runtime.removeVolumes(uid)] : []), this.files.remove(), cgroups.remove(uid)]);
  }
}
