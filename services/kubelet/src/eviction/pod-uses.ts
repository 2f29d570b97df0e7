import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import type { Pod } from '../domain/pod';
import { ContainerTable } from '../runtime/container-table';
import type { ObservedContainer, PodRuntime } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { POD_RUNTIME } from '../tokens';
import { UsageReader } from '../usage/usage-reader';
import type { PodUse, Reclaimed } from './decide/ranking';
import { diskUsage } from './disk-usage';

/** What pods take of what a node runs short of. */
@Injectable()
export class PodUses {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'stateDir'>,
    @Inject(POD_RUNTIME) private readonly runtime: Pick<PodRuntime, 'filesOf'>,
    private readonly table: ContainerTable,
    private readonly usage: UsageReader,
  ) {}

  /** One pod after the other: what is short already is not to become shorter by looking. */
  async of(pods: readonly Pod[], reclaimed: Reclaimed): Promise<PodUse[]> {
    const uses: PodUse[] = [];
    for (const pod of pods) uses.push(await this.#of(pod, reclaimed));
    return uses;
  }

  async #of(pod: Pod, reclaimed: Reclaimed): Promise<PodUse> {
    switch (reclaimed) {
      case 'memory': {
        const usage = this.usage.pod(pod.metadata.uid);
        const containers = (usage?.containers ?? []).map(({ name, memory }) => ({
          name,
          used: memory.workingSetBytes,
        }));
        return { pod, used: usage?.memory.workingSetBytes, containers };
      }
      case 'pids':
        return { pod, used: this.usage.pod(pod.metadata.uid)?.processes, containers: [] };
      case 'ephemeral-storage':
        return this.#onDisk(pod, 'bytes');
      case 'inodes':
        return this.#onDisk(pod, 'inodes');
    }
  }

  /** The pod's own volumes and files, and what its containers wrote. */
  async #onDisk(pod: Pod, what: 'bytes' | 'inodes'): Promise<PodUse> {
    const { uid } = pod.metadata;
    const own = await diskUsage([join(this.config.stateDir, 'pods', uid)], what);
    const written = await Promise.all(
      this.table.of(uid).map(async (container) => ({ ...container, used: await this.#written(container, what) })),
    );
    const containers = written.flatMap(({ name, used }) => (used === undefined ? [] : [{ name, used }]));
    const used = own === undefined ? undefined : containers.reduce((sum, container) => sum + container.used, own);
    return { pod, used, containers };
  }

  async #written({ id }: ObservedContainer, what: 'bytes' | 'inodes'): Promise<number | undefined> {
    const files = await this.runtime.filesOf(id).catch(() => []);
    return diskUsage(files, what);
  }
}
