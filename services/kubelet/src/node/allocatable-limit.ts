import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { sharesOf } from '../container/render/resources';
import type { KubeletConfig } from '../settings';
import { NODE_RESOURCES } from '../tokens';
import { EngineCgroups } from './cgroups';
import type { NodeResources } from './domain/node-resources';

/** Keeps all pods together within what of this node is theirs (Kubernetes' enforceNodeAllocatable=pods). */
@Injectable()
export class AllocatableLimit {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'enforceNodeAllocatable'>,
    @Inject(NODE_RESOURCES) private readonly resources: NodeResources,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly cgroups: EngineCgroups,
  ) {}

  /** CPU by weight alone: what nobody else wants, pods may have. */
  engineUp(): void {
    const { cpuMilli, memoryBytes, pids } = this.resources.enforced;
    const limits = this.config.enforceNodeAllocatable ? { memoryBytes, pids } : { memoryBytes: 0, pids: 0 };
    this.cgroups
      .limitAll({ cpuShares: sharesOf(cpuMilli), cpuQuota: 0, ...limits })
      .catch((error: unknown) => this.logger.warn({ err: error }, 'could not limit all pods to what is for pods'));
  }
}
