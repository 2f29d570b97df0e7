import type { Container } from '@shiplog/contracts';
import { ConfigError } from '../container/config-error';
import { needsPodIP, renderEnv, type EnvContext } from '../container/render-env';
import { renderExpansion } from '../container/render-expansion';
import { needsLimits, renderSpec } from '../container/render-spec';
import { decideImage } from '../images/decide-image';
import { registryOf } from '../images/rule-reference';
import { act } from '../probes/actions';
import {
  RuntimeError,
  type ContainerIdentity,
  type ContainerSpec,
  type EngineLimits,
  type ImageFacts,
} from '../runtime/runtime';
import { registryAuths, type PlannedVolume } from '../volumes/plan-volumes';
import type { PodFiles } from '../volumes/pod-files';
import type { KubeletContext } from './context';
import type { PodAction } from './decide-pod';
import { SandboxAway, type Sandbox } from './sandbox';
import type { Pod } from './view';

export type StartAction = Extract<PodAction, { do: 'start' }>;

/** Why a container was not started, for its waiting reason. `pull`: the wait before the next attempt grows. */
export class StartFailure extends Error {
  constructor(
    readonly reason: string,
    message: string,
    readonly kind: 'config' | 'pull' | 'engine',
  ) {
    super(message);
  }
}

/** An engine that may do everything: for containers that ask for nothing unusual. */
const UNLIMITED: EngineLimits = { negativeOomScore: true, privileged: true, missingCapabilities: [] };

/** Takes one container of a pod from its image to running. */
export class Starter {
  constructor(
    private readonly context: KubeletContext,
    private readonly files: PodFiles,
    private readonly sandbox: Sandbox,
    private readonly volumes: () => Promise<readonly PlannedVolume[]>,
  ) {}

  /** Throws StartFailure, or SandboxAway when the infra container is at fault. `pod` is read when it is needed. */
  async start(pod: Pod, action: StartAction, signal: AbortSignal): Promise<void> {
    const { container } = action;
    const [image, volumes] = await Promise.all([this.#image(pod, container, signal), this.volumes()]);
    const id = await this.context.gate.within(pod.metadata.uid, () =>
      this.#run(pod, action, { image, volumes, signal }),
    );
    if (container.lifecycle?.postStart !== undefined) await this.#postStart(pod, container, id);
  }

  async #run(
    pod: Pod,
    action: StartAction,
    { image, volumes, signal }: { image: ImageFacts; volumes: readonly PlannedVolume[]; signal: AbortSignal },
  ): Promise<string> {
    const { runtime, table, notes } = this.context;
    const { container } = action;
    const infraId = await this.sandbox.created();
    if (needsPodIP(container)) await this.sandbox.ready();
    const spec = await this.#spec(pod, action, image, volumes, infraId);
    signal.throwIfAborted();
    const id = await runtime.createContainer(spec).catch((error: unknown) => {
      throw asFailure(error, 'CreateContainerError');
    });
    table.put({ ...spec.identity, id, imageId: image.id, state: { phase: 'created' } });
    notes.say(pod, 'Normal', 'Created', `Created container: ${container.name}`, container.name);
    await this.sandbox.ready();
    signal.throwIfAborted();
    try {
      await runtime.start(id);
    } catch (error) {
      // The engine keeps it with the reason; it then counts as a container that ended at once.
      await table.refresh(id);
      notes.say(pod, 'Warning', 'Failed', `Error: ${messageOf(error)}`, container.name);
      if (table.get(id)?.state.phase === 'exited') return id;
      throw asFailure(error, 'RunContainerError');
    }
    const startedAt = new Date(this.context.now()).toISOString();
    table.started({ ...spec.identity, id, imageId: image.id, state: { phase: 'running', startedAt } });
    return id;
  }

  async #spec(
    pod: Pod,
    { container, role, attempt, backoffSeconds }: StartAction,
    image: ImageFacts,
    volumes: readonly PlannedVolume[],
    infraId: string,
  ): Promise<ContainerSpec> {
    const { uid, name, namespace = '' } = pod.metadata;
    const identity: ContainerIdentity = {
      pod: { uid, name, namespace },
      name: container.name,
      role,
      attempt,
      backoffSeconds,
      image: container.image ?? '',
    };
    const { source, node, runtime, cgroups, pidsLimit, notes } = this.context;
    const about: EnvContext = { pod, source, node: node(), podIP: this.sandbox.ip };
    try {
      const env = renderEnv(container, about);
      const mounts = await this.files.mounts(container, attempt, volumes, (text) => renderExpansion(text, env));
      const limits = needsLimits(pod, container, about.node.allocatableMemoryBytes)
        ? await runtime.limits()
        : UNLIMITED;
      const cgroupParent = cgroups.parentOf(uid);
      const { spec, clamped } = renderSpec({
        ...about,
        container,
        identity,
        infraId,
        image,
        mounts,
        limits,
        cgroupParent,
        pidsLimit,
      });
      for (const sentence of clamped) notes.say(pod, 'Warning', 'Clamped', sentence, container.name);
      return spec;
    } catch (error) {
      throw asFailure(error, 'CreateContainerConfigError');
    }
  }

  async #image(pod: Pod, container: Container, signal: AbortSignal): Promise<ImageFacts> {
    const { images, notes } = this.context;
    const image = container.image ?? '';
    const present = await this.#present(image);
    const decision = decideImage(image, container.imagePullPolicy, present !== undefined);
    const say = (type: 'Normal' | 'Warning', reason: string, text: string): void =>
      notes.say(pod, type, reason, text, container.name);
    switch (decision.do) {
      case 'fail':
        throw new StartFailure(decision.reason, decision.message, 'pull');
      case 'use':
        say('Normal', 'Pulled', `Container image "${image}" already present on machine`);
        return present as ImageFacts;
      case 'pull': {
        say('Normal', 'Pulling', `Pulling image "${image}"`);
        const began = this.context.now();
        const facts = await images
          .pull(decision.reference, this.#auth(pod, decision.reference), signal)
          .catch((error: unknown) => {
            signal.throwIfAborted();
            const why = messageOf(error);
            say('Warning', 'Failed', `Failed to pull image "${image}": ${why}`);
            throw new StartFailure('ErrImagePull', why, 'pull');
          });
        say('Normal', 'Pulled', `Successfully pulled image "${image}" in ${this.context.now() - began}ms`);
        return facts;
      }
    }
  }

  /** A malformed name is for the decision to refuse, not for the engine. */
  async #present(image: string): Promise<ImageFacts | undefined> {
    try {
      return await this.context.images.find(image);
    } catch (error) {
      if (error instanceof RuntimeError && error.problem !== 'unavailable') return undefined;
      throw asFailure(error, 'ImageInspectError');
    }
  }

  #auth(pod: Pod, reference: string): { username: string; password: string; serveraddress: string } | undefined {
    const { source, node } = this.context;
    const auths = registryAuths({ pod, source, node: node(), podIP: undefined });
    const registry = registryOf(reference);
    for (const [host, auth] of auths) {
      if (
        host
          .replace(/^https?:\/\//, '')
          .split('/')[0]
          ?.replace('index.docker.io', 'docker.io') === registry
      ) {
        return { ...auth, serveraddress: host };
      }
    }
    return undefined;
  }

  /** A hook that fails ends its container, as Kubernetes does. */
  async #postStart(pod: Pod, container: Container, id: string): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (hook === undefined || this.context.table.get(id)?.state.phase !== 'running') return;
    const target = { runtime: this.context.runtime, container, containerId: id, podIP: this.sandbox.ip ?? '' };
    const { ok, output } = await act(hook, target, POST_START_LIMIT_MS);
    if (ok) return;
    this.context.notes.say(pod, 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${output}`, container.name);
    await this.context.runtime.stop(id, pod.spec?.terminationGracePeriodSeconds ?? 30);
    await this.context.table.refresh(id);
  }
}

/** A hook may take long; one that never ends must not hold its pod for ever. */
const POST_START_LIMIT_MS = 600_000;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asFailure(error: unknown, reason: string): Error {
  if (error instanceof SandboxAway || error instanceof StartFailure) return error;
  if (error instanceof ConfigError) return new StartFailure(error.reason, error.message, 'config');
  return new StartFailure(reason, messageOf(error), 'engine');
}
