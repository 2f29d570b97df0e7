import { nthAddress, networkSize, type Network } from '@shiplog/apimachinery';
import type { Pod } from '../domain/pod';
import type { SandboxNetwork } from '../runtime/runtime';
import type { PodNetwork } from './pod-network';

/** Addresses of a range for pods that no packet reaches: each its own, as long as there are any. */
export class HollowNetwork implements PodNetwork {
  readonly #byPod = new Map<string, bigint>();
  readonly #taken = new Set<bigint>();
  #next = FIRST;

  constructor(
    private readonly range: Network,
    private readonly nodeIPs: readonly string[],
  ) {}

  sandboxNetwork(pod: Pod): SandboxNetwork {
    return pod.spec?.hostNetwork === true ? { kind: 'host' } : { kind: 'detached' };
  }

  async attach(pod: Pod): Promise<readonly string[]> {
    await Promise.resolve();
    if (pod.spec?.hostNetwork === true) return this.nodeIPs;
    const { uid } = pod.metadata;
    const index = this.#byPod.get(uid) ?? this.#free();
    const address = index === undefined ? undefined : nthAddress(this.range, index);
    if (index === undefined || address === undefined) throw new Error('no address is left for pods of this node');
    this.#byPod.set(uid, index);
    this.#taken.add(index);
    return [address];
  }

  async detach(podUid: string): Promise<void> {
    await Promise.resolve();
    const index = this.#byPod.get(podUid);
    if (index === undefined) return;
    this.#byPod.delete(podUid);
    this.#taken.delete(index);
  }

  /** The next one round that nobody has: one that was given back is not somebody else's at once. */
  #free(): bigint | undefined {
    const end = networkSize(this.range) - 1n;
    for (let tried = FIRST; tried < end; tried++) {
      const index = this.#next;
      this.#next = index + 1n < end ? index + 1n : FIRST;
      if (!this.#taken.has(index)) return index;
    }
    return undefined;
  }
}

/** The range's own address, and that of its gateway, are nobody's. */
const FIRST = 2n;
