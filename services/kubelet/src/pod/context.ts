import type { Logger } from 'pino';
import type { PodStatus } from '@shiplog/contracts';
import type { ConfigSource } from '../container/render-env';
import type { NodeFacts } from '../container/render-fields';
import type { ImageStore } from '../images/image-store';
import type { PodNetwork } from '../networking/pod-network';
import type { ContainerTable } from '../runtime/container-table';
import type { PodRuntime } from '../runtime/runtime';
import type { StartGate } from './start-gate';
import type { Pod } from './view';

/** Says something of a pod that is worth a line in `kubectl describe`, but no fact of the log. */
export interface Notes {
  say(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void;
}

/** Takes what is seen of pods to the log. */
export interface StatusSink {
  /** The status as it is now; sent if the log has another one. Never waits. */
  offer(pod: Pod, status: PodStatus): void;
  /** As `offer`, and resolves once the log has it (or the pod is gone from there). */
  settle(pod: Pod, status: PodStatus): Promise<void>;
  forget(podUid: string): void;
}

/** The pods' cgroups, as far as the kubelet may touch them. */
export interface PodCgroups {
  /** The engine's CgroupParent for a pod; undefined: the engine's default. */
  parentOf(podUid: string): string | undefined;
  /** Takes away what the engine leaves behind. */
  remove(podUid: string): Promise<void>;
}

/** What every pod's worker shares. */
export interface KubeletContext {
  readonly nodeName: string;
  readonly stateDir: string;
  readonly engineNetwork: boolean;
  readonly pidsLimit: number;
  readonly runtime: PodRuntime;
  readonly table: ContainerTable;
  readonly images: ImageStore;
  readonly network: PodNetwork;
  readonly gate: StartGate;
  readonly source: ConfigSource;
  readonly statuses: StatusSink;
  readonly notes: Notes;
  readonly cgroups: PodCgroups;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  now(): number;
  node(): NodeFacts;
  /** Whether the engine answers; while it doesn't, nothing is decided. */
  engineUp(): boolean;
  /** Takes a pod out of the log; resolves also when it is not there any more. */
  deletePod(pod: Pod): Promise<void>;
}
