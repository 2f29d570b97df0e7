import { Inject, Injectable } from '@nestjs/common';
import type { Container } from '@shiplog/contracts';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { needsPodIP } from '../container/render/env';
import { renderFallback, runHook } from '../probes/hooks';
import { ContainerTable } from '../runtime/container-table';
import type { ImageFacts, PodRuntime } from '../runtime/runtime';
import { Notes } from '../status/notes';
import { POD_RUNTIME } from '../tokens';
import type { PlannedVolume } from '../volumes/plan/planned-volume';
import { ContainerSpecs } from './container-specs';
import { ImagePuller } from './image-puller';
import { Resizer } from '../resize/resizer';
import type { PodScope, StartAction } from './pod-scope';
import { asFailure, messageOf, StartFailure } from '../container/start-failure';
import { StartLimiter } from './start-limiter';
import { Stopper } from './stopper';
import { renderPod, type Pod } from '../domain/pod';

/** A hook may take long; one that never ends must not hold its pod for ever. */
const POST_START_LIMIT_MS = 600_000;

/** Takes containers of pods from their images to running. */
@Injectable()
export class Starter {
  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly table: ContainerTable,
    private readonly images: ImagePuller,
    private readonly specs: ContainerSpecs,
    private readonly limiter: StartLimiter,
    private readonly stopper: Stopper,
    private readonly resizer: Resizer,
    private readonly notes: Notes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Throws StartFailure, or SandboxAway when the sandbox is at fault. `pod` is read when it is needed. */
  async start(scope: PodScope, pod: Pod, action: StartAction, signal: AbortSignal): Promise<void> {
    const { container } = action;
    // Volumes first: without them no image is of use, and none is to be told of at each attempt.
    const volumes = await scope.volumes();
    for (const volume of mountedImages(container, volumes)) await this.#getVolume(scope, pod, volume, signal);
    const { name, image: reference = '', imagePullPolicy: pullPolicy } = container;
    const image = await this.images.get(pod, { image: reference, pullPolicy, container: name }, signal);
    const id = await this.limiter.within(pod.metadata.uid, async () => {
      try {
        return await this.#run(scope, pod, action, { image, volumes, signal });
      } finally {
        await this.#release(scope, pod, container.name);
      }
    });
    if (container.lifecycle?.postStart !== undefined) await this.#postStart(scope, pod, container, id);
  }

  async #getVolume(scope: PodScope, pod: Pod, volume: ImageVolume, signal: AbortSignal): Promise<void> {
    const { reference: image, pullPolicy } = volume;
    const { id } = await this.images.get(pod, { image, pullPolicy }, signal);
    await scope.files.mountImage(volume.name, id, await this.runtime.imageLayers(id));
  }

  /** The engine has mounted what it was given: what the kubelet mounted for that is of no use any more. */
  async #release({ files }: PodScope, pod: Pod, container: string): Promise<void> {
    try {
      await files.releaseMounts(container);
    } catch (error) {
      // They go with the pod at the latest.
      this.logger.warn({ err: error, pod: pod.metadata.name, container }, "could not take off a container's mounts");
    }
  }

  async #run(
    scope: PodScope,
    pod: Pod,
    action: StartAction,
    { image, volumes, signal }: { image: ImageFacts; volumes: readonly PlannedVolume[]; signal: AbortSignal },
  ): Promise<string> {
    const { runtime, table, notes, limiter } = this;
    const { sandbox } = scope;
    const networked = (): Promise<void> =>
      sandbox.attachedPid === undefined ? limiter.outside(pod.metadata.uid, () => sandbox.ready()) : sandbox.ready();
    const { container } = action;
    const sandboxId = await sandbox.created();
    if (needsPodIP(container) || (await scope.files.needSandbox(container, volumes))) await networked();
    await this.resizer.fit(pod);
    const spec = await this.specs.make(scope, pod, action, image, volumes, sandboxId);
    signal.throwIfAborted();
    const id = await runtime.createContainer(spec).catch((error: unknown) => {
      throw asFailure(error, 'CreateContainerError');
    });
    table.put({ ...spec.identity, id, imageId: image.id, state: { phase: 'created' } });
    notes.say(pod, 'Normal', 'Created', `Created container: ${container.name}`, container.name);
    await networked();
    signal.throwIfAborted();
    try {
      await runtime.start(id);
    } catch (error) {
      // The engine keeps it with the reason; it then counts as a container that ended at once.
      await table.refresh(id);
      notes.say(pod, 'Warning', 'Failed', `Error: ${messageOf(error)}`, container.name);
      if (table.get(id)?.state.phase === 'exited')
        throw new StartFailure('RunContainerError', messageOf(error), 'ended');
      throw asFailure(error, 'RunContainerError');
    }
    const startedAt = new Date(Date.now()).toISOString();
    const { resources = {} } = container;
    table.started({ ...spec.identity, id, imageId: image.id, state: { phase: 'running', startedAt }, resources });
    this.logger.info({ ...renderPod(pod), container: container.name, attempt: action.attempt, id }, 'a container runs');
    return id;
  }

  /** A hook that fails ends its container, as Kubernetes does. Throws StartFailure then. */
  async #postStart(scope: PodScope, pod: Pod, container: Container, id: string): Promise<void> {
    const { runtime, notes, stopper } = this;
    const { name, lifecycle } = container;
    if (lifecycle?.postStart === undefined || this.table.get(id)?.state.phase !== 'running') return;
    const target = { runtime, pod, container, containerId: id, podIP: scope.sandbox.ip ?? '' };
    const { ok, message, fallback } = await runHook(lifecycle.postStart, target, POST_START_LIMIT_MS);
    if (fallback !== undefined) notes.say(pod, 'Warning', 'LifecycleHTTPFallback', renderFallback(fallback));
    if (ok) return;
    // Not why: what the hook said may be secret.
    notes.say(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', name);
    const graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
    await stopper.kill(scope, pod, { do: 'kill', id, container: name, graceSeconds, reason: 'FailedPostStartHook' });
    throw new StartFailure('PostStartHookError', message, 'ended');
  }
}

type ImageVolume = Extract<PlannedVolume, { kind: 'image' }>;

function mountedImages({ volumeMounts = [] }: Container, volumes: readonly PlannedVolume[]): ImageVolume[] {
  const mounted = new Set(volumeMounts.map(({ name }) => name));
  return volumes.filter((volume) => volume.kind === 'image').filter(({ name }) => mounted.has(name));
}
