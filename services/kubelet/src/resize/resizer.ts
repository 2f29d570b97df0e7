import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { renderPodAmounts } from '../container/render/pod-amounts';
import { renderAmounts } from '../container/render/resources';
import type { Pod } from '../domain/pod';
import { EngineCgroups } from '../node/cgroups';
import { ContainerTable } from '../runtime/container-table';
import type { ResizedContainer } from '../pod/decide/pod-actions';
import type { ContainerAmounts, PodRuntime } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { POD_RUNTIME } from '../tokens';

/** Gives containers that run, and their pods, other amounts. */
@Injectable()
export class Resizer {
  /** What pods' cgroups were limited to last, by uid. */
  readonly #limits = new Map<string, ContainerAmounts>();

  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'podPidsLimit'>,
    private readonly table: ContainerTable,
    private readonly cgroups: EngineCgroups,
  ) {}

  /** The pod is widened before its containers, and narrowed after them: none of them may exceed the whole. */
  async resize(pod: Pod, containers: readonly ResizedContainer[]): Promise<void> {
    const { uid } = pod.metadata;
    const wanted = renderPodAmounts(pod);
    const before = this.#limits.get(uid);
    await this.#limit(uid, before === undefined ? { ...wanted, cpuQuota: 0, memoryBytes: 0 } : widest(before, wanted));
    for (const { id, container } of containers) {
      await this.runtime.resize(id, renderAmounts(container));
      this.table.given(id, container.resources ?? {});
    }
    await this.#limit(uid, wanted);
  }

  /** The pod has room for a container that is to be started: it may have been resized since its sandbox was made. */
  async fit(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    const wanted = renderPodAmounts(pod);
    const before = this.#limits.get(uid);
    if (before === undefined || !isSame(before, wanted)) await this.#limit(uid, wanted);
  }

  /** The pod is gone. */
  forget(uid: string): void {
    this.#limits.delete(uid);
  }

  async #limit(uid: string, amounts: ContainerAmounts): Promise<void> {
    await this.cgroups.limit(uid, { ...amounts, pids: this.config.podPidsLimit });
    this.#limits.set(uid, amounts);
  }
}

function isSame(a: ContainerAmounts, b: ContainerAmounts): boolean {
  return a.cpuShares === b.cpuShares && a.cpuQuota === b.cpuQuota && a.memoryBytes === b.memoryBytes;
}

/** What leaves room for either; 0 is no limit. */
function widest(a: ContainerAmounts, b: ContainerAmounts): ContainerAmounts {
  const wider = (one: number, other: number): number => (one === 0 || other === 0 ? 0 : Math.max(one, other));
  return {
    cpuShares: Math.max(a.cpuShares, b.cpuShares),
    cpuQuota: wider(a.cpuQuota, b.cpuQuota),
    memoryBytes: wider(a.memoryBytes, b.memoryBytes),
  };
}
