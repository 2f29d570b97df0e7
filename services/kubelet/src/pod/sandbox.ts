import { Inject, Injectable } from '@nestjs/common';
import type { Container } from '@shiplog/contracts';
import { CONFIG } from '@shiplog/service';
import { renderPodAmounts } from '../container/render/pod-amounts';
import type { PodNetwork } from '../networking/pod-network';
import { EngineCgroups } from '../node/cgroups';
import { ContainerTable } from '../runtime/container-table';
import { SANDBOX_NAME, type ContainerIdentity, type SandboxDetails, type PodRuntime } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { POD_NETWORK, POD_RUNTIME } from '../tokens';
import type { PodFiles } from '../volumes/pod-files';
import type { PlannedVolume } from '../volumes/plan/planned-volume';
import { SandboxAway } from '../container/start-failure';
import { RuntimeHandlers } from './runtime-handlers';
import { StartLimiter } from './start-limiter';
import type { Pod } from '../domain/pod';

/** Makes the sandboxes of pods, with what all of them use. */
@Injectable()
export class Sandboxes {
  constructor(
    @Inject(POD_RUNTIME) readonly runtime: PodRuntime,
    @Inject(CONFIG) readonly config: Pick<KubeletConfig, 'podPidsLimit'>,
    readonly table: ContainerTable,
    @Inject(POD_NETWORK) readonly network: PodNetwork,
    readonly cgroups: EngineCgroups,
    readonly handlers: RuntimeHandlers,
    readonly limiter: StartLimiter,
  ) {}

  of(files: PodFiles): Sandbox {
    return new Sandbox(this, files);
  }
}

/**
 * The pod's sandbox and its network. Its start is in two halves, so that the app containers can be made
 * (they only need its id) while it starts and is attached, and are started as soon as the network is there.
 */
export class Sandbox {
  #created: Promise<string> | undefined;
  #ready: Promise<void> | undefined;
  #ips: readonly string[] = [];
  #attachedPid: number | undefined;

  constructor(
    private readonly services: Sandboxes,
    private readonly files: PodFiles,
  ) {}

  /** The pod's addresses, the primary one first; empty until it has its network. */
  get ips(): readonly string[] {
    return this.#ips;
  }

  get ip(): string | undefined {
    return this.#ips[0];
  }

  get attachedPid(): number | undefined {
    return this.#attachedPid;
  }

  /** The sandbox's id, once it is made. */
  created(): Promise<string> {
    return orAway(this.#created);
  }

  /** Resolves when processes of the pod may start: the network is there. */
  ready(): Promise<void> {
    return orAway(this.#ready);
  }

  /**
   * Makes the sandbox, starts it and attaches it; whoever asks for `created` or `ready` from now on waits for
   * this attempt. What was begun is taken away again when it fails.
   */
  async start(pod: Pod, attempt: number, before: SandboxNeeds): Promise<void> {
    const { limiter, runtime } = this.services;
    const { uid } = pod.metadata;
    const entered = before.prepared.then(() => limiter.enter(uid));
    const created = entered.then(() => this.#create(pod, attempt, before.volumes));
    // The network is not the engine's: whoever waits for its agent takes no other pod's place.
    const started = created
      .then((id) => runtime.startSandbox(id))
      .finally(() => void entered.then(() => limiter.leave(uid), nothing));
    const ready = started.then(async (details) => this.#attach(pod, await created, details));
    this.#created = created;
    this.#ready = ready;
    try {
      await ready;
    } catch (error) {
      this.#forget();
      // What can't be removed makes room for the next attempt, or is found again when the engine is listed.
      await created.then((id) => runtime.remove(id)).catch(nothing);
      throw error;
    }
  }

  /** Takes over a sandbox that runs already. */
  async adopt(pod: Pod, id: string): Promise<void> {
    this.#created = Promise.resolve(id);
    const ready = this.services.runtime.startSandbox(id).then((details) => this.#attach(pod, id, details));
    this.#ready = ready;
    try {
      await ready;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** The sandbox is gone, or will be. */
  async drop(pod: Pod): Promise<void> {
    this.#forget();
    await this.services.network.detach(pod.metadata.uid);
  }

  async #create(pod: Pod, attempt: number, volumes: () => Promise<readonly PlannedVolume[]>): Promise<string> {
    const { runtime, network, cgroups, handlers } = this.services;
    const handler = handlers.of(pod);
    if (pod.spec?.hostUsers === false)
      throw new Error(`RuntimeClass handler ${JSON.stringify(handler ?? '')} does not support user namespaces`);
    const mounts = await this.files.sandboxMounts(volumes);
    const { podPidsLimit: pids } = this.services.config;
    await cgroups.limit(pod.metadata.uid, { ...renderPodAmounts(pod), pids });
    return runtime.createSandbox({
      identity: identityOf(pod, attempt),
      hostname: this.files.hostname,
      network: network.sandboxNetwork(pod),
      cgroupParent: cgroups.parentOf(pod.metadata.uid),
      runtime: handler,
      hostPID: pod.spec?.hostPID === true,
      hostIPC: pod.spec?.hostIPC === true,
      privileged: wantsPrivileges(pod) && (await runtime.limits()).privileged,
      sysctls: Object.fromEntries((pod.spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
      mounts,
      oomScoreAdj: 0,
    });
  }

  async #attach(pod: Pod, id: string, details: SandboxDetails): Promise<void> {
    const ips = await this.services.network.attach(pod, details);
    await this.files.writeHosts(ips);
    this.#ips = ips;
    this.#attachedPid = details.pid;
    this.#show(pod, id, details);
  }

  #show(pod: Pod, id: string, { startedAt, pid }: SandboxDetails): void {
    const known = this.services.table.get(id) ?? { ...identityOf(pod, 0), id, imageId: '' };
    this.services.table.started({ ...known, id, state: { phase: 'running', startedAt, pid } });
  }

  #forget(): void {
    this.#created = undefined;
    this.#ready = undefined;
    this.#attachedPid = undefined;
  }
}

export interface SandboxNeeds {
  /** The pod's own files are there. */
  readonly prepared: Promise<void>;
  volumes(): Promise<readonly PlannedVolume[]>;
}

/** Whatever went wrong with the sandbox is its own task's to tell; for all others it is just not there. */
async function orAway<T>(promise: Promise<T> | undefined): Promise<T> {
  if (promise === undefined) throw new SandboxAway();
  try {
    return await promise;
  } catch {
    throw new SandboxAway();
  }
}

const nothing = (): void => undefined;

function wantsPrivileges({ spec }: Pod): boolean {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  const all: readonly Container[] = [...containers, ...initContainers, ...ephemeralContainers];
  return all.some(({ securityContext }) => securityContext?.privileged === true);
}

function identityOf(pod: Pod, attempt: number): ContainerIdentity {
  const { uid, name, namespace = '' } = pod.metadata;
  return { pod: { uid, name, namespace }, name: SANDBOX_NAME, role: 'sandbox', attempt, backoffSeconds: 0, image: '' };
}
