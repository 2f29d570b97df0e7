import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { PodManager } from '../pod/pod-manager';
import { ContainerTable } from '../runtime/container-table';
import type { PodRuntime } from '../runtime/runtime';
import { POD_RUNTIME } from '../tokens';
import { disposable } from './decide/disposable';

/** Takes away the containers that are kept for nothing but their logs. */
@Injectable()
export class DeadContainers {
  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: Pick<PodRuntime, 'remove'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly table: ContainerTable,
    private readonly manager: PodManager,
  ) {}

  async remove(): Promise<void> {
    for (const uid of this.table.pods()) {
      for (const { id } of disposable(this.manager.worker(uid)?.current, this.table.of(uid))) await this.#remove(id);
    }
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.runtime.remove(id);
      this.table.drop(id);
    } catch (error) {
      this.logger.warn({ err: error, id }, 'could not remove a container that has ended');
    }
  }
}
