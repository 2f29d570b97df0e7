import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { reachableResolvConf } from '@shiplog/hostnet';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { AdmissionRefusal } from '@shiplog/scheduling';
import type { Logger } from 'pino';
import type { NodeFacts } from '../container/render/fields';
import { RuntimeConnection } from '../runtime/runtime-connection';
import { ImageStore } from '../images/image-store';
import { PodTokens } from '../account-tokens/pod-tokens';
import { References } from '../references/references';
import { ContainerTable } from '../runtime/container-table';
import type { PodRuntime } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { Notes } from '../status/notes';
import { PodResizes } from '../resize/pod-resizes';
import { Resizer } from '../resize/resizer';
import { NODE_FACTS, POD_RUNTIME } from '../tokens';
import { NodeMounts } from '../volumes/mounts/node-mounts';
import { noFiles } from '../volumes/no-files';
import { DiskPodFiles, type PodFiles } from '../volumes/pod-files';
import type { PodVolumes, VolumesListener } from '../volumes/pod-volumes';
import type { NodeDns } from '../volumes/render/resolv-conf';
import { VolumeManager } from '../volumes/volume-manager';
import { PodReports } from './pod-reports';
import { Sandboxes } from './sandbox';
import { Starter } from './starter';
import { Stopper } from './stopper';
import type { Pod } from '../domain/pod';
import type { DesiredPhase } from './domain/view';
import { PodWorker } from './worker';

/** Makes the workers of pods, with what each of them needs of the kubelet. */
@Injectable()
export class PodWorkers {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<
      KubeletConfig,
      'stateDir' | 'podNetwork' | 'clusterDns' | 'clusterDomain' | 'resolvConf'
    >,
    @Inject(LOGGER) readonly logger: Logger,
    @Inject(POD_RUNTIME) readonly runtime: PodRuntime,
    @Inject(NODE_FACTS) readonly node: NodeFacts,
    readonly connection: RuntimeConnection,
    readonly table: ContainerTable,
    readonly images: ImageStore,
    private readonly references: References,
    private readonly tokens: PodTokens,
    readonly sandboxes: Sandboxes,
    readonly starter: Starter,
    readonly stopper: Stopper,
    readonly reports: PodReports,
    readonly resizes: PodResizes,
    readonly resizer: Resizer,
    readonly notes: Notes,
    private readonly mounts: NodeMounts,
    private readonly volumes: VolumeManager,
  ) {}

  /** `gone` is called back when nothing of the pod is left, here or in the log. */
  make(pod: Pod, desiredPhase: DesiredPhase, refusal: AdmissionRefusal | undefined, gone: () => void): PodWorker {
    return new PodWorker(this, pod, desiredPhase, refusal, gone);
  }

  /** Resolves once all that a pod's files are made of has been answered; rejects with the reason when `signal` aborts. */
  async answered(podUid: string, signal: AbortSignal): Promise<void> {
    await Promise.all([this.references.answered(podUid, signal), this.tokens.answered(podUid, signal)]);
  }

  filesOf(pod: Pod): PodFiles {
    const { stateDir, podNetwork, clusterDomain } = this.config;
    if (!this.runtime.capabilities.files) return noFiles(pod, clusterDomain);
    return new DiskPodFiles(stateDir, pod, this.runtime, this.mounts, podNetwork === 'docker', clusterDomain);
  }

  /** As it is now: this machine may have come to another network. */
  nodeDns(): NodeDns {
    const { clusterDns, clusterDomain, resolvConf } = this.config;
    const servers = clusterDns.split(',').filter((address) => address !== '');
    return { clusterDns: servers, clusterDomain, resolvConf: readResolvConf(resolvConf) };
  }

  volumesOf(files: PodFiles, pod: () => Pod, listener: VolumesListener): PodVolumes {
    const answered = (signal: AbortSignal): Promise<void> => this.answered(pod().metadata.uid, signal);
    return this.volumes.open({ files, pod, answered, listener });
  }
}

/** Without one, a machine has no name servers to tell of. */
function readResolvConf(path: string): string {
  try {
    return readFileSync(reachableResolvConf(path), 'utf8');
  } catch {
    return '';
  }
}
