import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { renderEnv, type ConfigSource, type EnvContext } from '../container/render/env';
import { renderSubPath } from '../container/render/expansion';
import type { NodeFacts } from '../container/render/fields';
import type { Container, EphemeralContainer } from '@shiplog/contracts';
import { seccompOf } from '../container/render/confinement';
import { ContainerConfigError, StartFailure } from '../container/start-failure';
import { needsLimits, renderSpec } from '../container/render/spec';
import { EngineCgroups } from '../node/cgroups';
import type { ContainerIdentity, ContainerSpec, EngineLimits, ImageFacts, PodRuntime } from '../runtime/runtime';
import { ContainerTable } from '../runtime/container-table';
import type { KubeletConfig } from '../settings';
import { Notes } from '../status/notes';
import { CONFIG_SOURCE, NODE_FACTS, POD_RUNTIME } from '../tokens';
import type { PlannedVolume } from '../volumes/plan/planned-volume';
import { RuntimeHandlers } from './runtime-handlers';
import type { PodScope, StartAction } from './pod-scope';
import { asFailure } from '../container/start-failure';
import type { Pod } from '../domain/pod';

/** An engine that may do everything: for containers that ask for nothing unusual. */
const UNLIMITED: EngineLimits = { negativeOomScore: true, privileged: true, missingCapabilities: [] };

/** Makes what the engine is told of a container. */
@Injectable()
export class ContainerSpecs {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'podPidsLimit' | 'stateDir'>,
    @Inject(CONFIG_SOURCE) private readonly source: ConfigSource,
    @Inject(NODE_FACTS) private readonly node: NodeFacts,
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly cgroups: EngineCgroups,
    private readonly handlers: RuntimeHandlers,
    private readonly notes: Notes,
    private readonly table: ContainerTable,
  ) {}

  /** Throws StartFailure for a configuration that can't be. */
  async make(
    { files, sandbox }: PodScope,
    pod: Pod,
    { container, role, attempt, backoffSeconds }: StartAction,
    image: ImageFacts,
    volumes: readonly PlannedVolume[],
    sandboxId: string,
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
    const { source, node, runtime, cgroups, notes } = this;
    const about: EnvContext = { pod, source, node, podIPs: sandbox.ips };
    try {
      const env = renderEnv(container, about);
      const mounts = await files.mounts(container, attempt, volumes, (text) => renderSubPath(text, env));
      const limits = needsLimits(pod, container, about.node.allocatableMemoryBytes)
        ? await runtime.limits()
        : UNLIMITED;
      const cgroupParent = cgroups.parentOf(uid);
      const { spec, clamped } = renderSpec({
        ...about,
        container,
        identity,
        sandboxId,
        image,
        mounts,
        limits,
        cgroupParent,
        pidsLimit: this.config.podPidsLimit,
        seccompProfile: await this.#seccompProfile(pod, container),
        runtime: this.handlers.of(pod),
        targetId: this.#targetOf(uid, container),
      });
      for (const sentence of clamped) notes.say(pod, 'Warning', 'Clamped', sentence, container.name);
      return spec;
    } catch (error) {
      throw asFailure(error, 'CreateContainerConfigError');
    }
  }

  /** Where Kubernetes has it too: below the kubelet's own folder. Throws StartFailure while it isn't there. */
  async #seccompProfile(pod: Pod, container: Container): Promise<string | undefined> {
    const { type, localhostProfile = '' } = seccompOf(pod, container) ?? {};
    if (type !== 'Localhost') return undefined;
    const path = join(this.config.stateDir, 'seccomp', localhostProfile);
    return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? `open ${path}: no such file or directory` : error.message;
      throw new StartFailure('CreateContainerError', `cannot load seccomp profile "${path}": ${reason}`, 'engine');
    });
  }

  /** The container whose processes an ephemeral one is to see. Throws ContainerConfigError while that does not run. */
  #targetOf(uid: string, container: EphemeralContainer): string | undefined {
    const { targetContainerName: name = '' } = container;
    if (name === '') return undefined;
    const target = this.table.of(uid).find((item) => item.name === name && item.state.phase === 'running');
    if (target !== undefined) return target.id;
    throw new ContainerConfigError(`unable to find target container ${JSON.stringify(name)}`);
  }
}
