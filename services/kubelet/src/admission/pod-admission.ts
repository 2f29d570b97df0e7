import { Inject, Injectable } from '@nestjs/common';
import {
  admissionRefusal,
  ClusterView as NodeLoads,
  type AdmissionRefusal,
  resizeRefusal,
  type ResizeRefusal,
} from '@shiplog/scheduling';
import { CONFIG } from '@shiplog/service';
import { ClusterView } from '../cluster/cluster-view';
import { isCritical, isTerminal, type Pod } from '../domain/pod';
import { NodePressure } from '../eviction/node-pressure';
import { NodeAgent } from '../node/node-agent';
import type { NodeResources } from '../node/domain/node-resources';
import { renderLabels, type MachineFacts } from '../node/render/node-status';
import type { KubeletConfig } from '../settings';
import { MACHINE, NODE_RESOURCES } from '../tokens';
import { decidePreemption, renderMissing, type Preemption, type Standing } from './decide/preemption';
import { refusedUnderPressure } from './rules/under-pressure';
import { unenforceable } from './rules/unenforceable';

/** What becomes of a pod that is bound to this node. */
export type Admission =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly refusal: AdmissionRefusal }
  /** It is asked again when others have made room. */
  | Extract<Preemption, { kind: 'wait' }>;

/** In Kubernetes' words. */
const SHUTTING_DOWN: AdmissionRefusal = {
  reason: 'NodeShutdown',
  message: 'Pod was rejected as the node is shutting down.',
};

/** Which of the pods that are bound to this node it takes, in the order in which it meets them. */
@Injectable()
export class PodAdmission {
  readonly #loads = new NodeLoads();
  readonly #taken = new Set<string>();

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName' | 'allowedUnsafeSysctls'>,
    @Inject(MACHINE) private readonly machine: MachineFacts,
    @Inject(NODE_RESOURCES) private readonly resources: NodeResources,
    private readonly pressure: NodePressure,
    private readonly agent: NodeAgent,
    private readonly cluster: ClusterView,
  ) {}

  /**
   * Takes a pod that is new here, or tells why not. Of one that has ended, or is to end, nothing is asked.
   *
   * @param standing the pods that may have to make room
   */
  admit(pod: Pod, standing: Standing): Admission {
    const isOver = isTerminal(pod.status?.phase) || pod.metadata.deletionTimestamp !== undefined;
    const refusal = isOver ? undefined : this.#firstRefusal(pod);
    if (refusal !== undefined) return this.#unlessRoomIsMade(pod, refusal, standing);
    this.take(pod);
    return { kind: 'taken' };
  }

  /** A critical pod is not refused where others can make room (pkg/kubelet/preemption). */
  #unlessRoomIsMade(pod: Pod, refusal: AdmissionRefusal, standing: Standing): Admission {
    if (refusal.missing === undefined || !isCritical(pod)) return { kind: 'refused', refusal };
    const preemption = decidePreemption(pod, refusal.missing, standing);
    if (preemption.kind === 'wait') return preemption;
    const why = `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: ${renderMissing(preemption.still)}`;
    const message = `Unexpected error while attempting to recover from admission failure: ${why}`;
    return { kind: 'refused', refusal: { reason: 'UnexpectedAdmissionError', message } };
  }

  /** A pod that was taken before, by an earlier kubelet too, counts whatever it asks for. */
  take(pod: Pod): void {
    this.#taken.add(pod.metadata.uid);
    this.#loads.setPod(pod);
  }

  /** The log has another word on a pod: one that has ended takes no room any more, one that was resized another. */
  changed(pod: Pod): void {
    if (this.#taken.has(pod.metadata.uid)) this.#loads.setPod(pod);
  }

  /**
   * A pod that was taken asks for other amounts than it has: it counts with what it comes to have. Tells why it can't have them.
   *
   * @param current the pod with what it has
   */
  resize(pod: Pod, current: Pod): ResizeRefusal | undefined {
    this.#loads.removePod(pod.metadata.uid);
    const loads = this.#nodeLoads();
    const refusal = loads === undefined ? undefined : resizeRefusal(pod, loads);
    this.#loads.setPod(refusal === undefined ? pod : current);
    return refusal;
  }

  /** The pod is gone from the log. */
  release(uid: string): void {
    this.#taken.delete(uid);
    this.#loads.removePod(uid);
  }

  /** In Kubernetes' order. */
  #firstRefusal(pod: Pod): AdmissionRefusal | undefined {
    if (this.agent.isShuttingDown) return SHUTTING_DOWN;
    return refusedUnderPressure(pod, this.pressure.pressures) ?? this.#unenforceable(pod) ?? this.#refusalOf(pod);
  }

  #unenforceable(pod: Pod): AdmissionRefusal | undefined {
    const sysctls = this.config.allowedUnsafeSysctls.split(',').filter((pattern) => pattern !== '');
    return unenforceable(pod, { appArmor: this.machine.appArmor, sysctls });
  }

  #refusalOf(pod: Pod): AdmissionRefusal | undefined {
    const loads = this.#nodeLoads();
    return loads === undefined ? undefined : admissionRefusal(pod, loads);
  }

  #nodeLoads(): ReturnType<NodeLoads['node']> {
    const { nodeName } = this.config;
    const node = this.cluster.node();
    // What this machine has, it knows itself; of all else the Node object is asked, which may not be there yet.
    this.#loads.setNode({
      ...(node ?? { apiVersion: 'v1', kind: 'Node', spec: {} }),
      metadata: node?.metadata ?? {
        name: nodeName,
        uid: '',
        resourceVersion: '0',
        creationTimestamp: '',
        labels: renderLabels(nodeName, this.machine, {}),
      },
      status: { ...node?.status, allocatable: { ...node?.status?.allocatable, ...this.resources.allocatable } },
    });
    return this.#loads.node(nodeName);
  }
}
