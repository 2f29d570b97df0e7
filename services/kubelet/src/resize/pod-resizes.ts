import { Injectable } from '@nestjs/common';
import type { ResizeRefusal } from '@shiplog/scheduling';
import { PodAdmission } from '../admission/pod-admission';
import { isTerminal, type Pod } from '../domain/pod';
import { askedBy, isAsAsked, reportedBy, withAllocation, type Allocation } from './domain/allocation';

/**
 * What each pod of this node may take: as it asked when it was taken, and as it asks since, where the node has room for that. What
 * was allocated by an earlier kubelet is in the pods' own statuses.
 */
@Injectable()
export class PodResizes {
  readonly #allocated = new Map<string, Allocation>();
  readonly #refused = new Map<string, { readonly pod: Pod; readonly refusal: ResizeRefusal }>();

  constructor(private readonly admission: PodAdmission) {}

  /** The pods that wait until there is room, as they ask. */
  get deferred(): readonly Pod[] {
    return [...this.#refused.values()].flatMap(({ pod, refusal }) => (refusal.reason === 'Deferred' ? [pod] : []));
  }

  /** Why a pod may not take what it asks for; undefined: it may. */
  refusalOf(uid: string): ResizeRefusal | undefined {
    return this.#refused.get(uid)?.refusal;
  }

  /** A pod as it was taken: now, or by an earlier kubelet. */
  taken(pod: Pod, wasTaken: boolean): Pod {
    const allocation = wasTaken ? reportedBy(pod) : askedBy(pod);
    this.#allocated.set(pod.metadata.uid, allocation);
    return withAllocation(pod, allocation);
  }

  /** A pod that was taken, with what its containers may take from now on. */
  resized(pod: Pod): Pod {
    const { uid, deletionTimestamp } = pod.metadata;
    const before = this.#allocated.get(uid);
    this.#refused.delete(uid);
    if (before === undefined) return pod;
    const current = withAllocation(pod, before);
    if (isAsAsked(pod, before) || isTerminal(pod.status?.phase) || deletionTimestamp !== undefined) {
      this.admission.changed(current);
      return current;
    }
    const refusal = this.admission.resize(pod, current);
    if (refusal !== undefined) {
      this.#refused.set(uid, { pod, refusal });
      return current;
    }
    this.#allocated.set(uid, askedBy(pod));
    return pod;
  }

  release(uid: string): void {
    this.#allocated.delete(uid);
    this.#refused.delete(uid);
  }
}
