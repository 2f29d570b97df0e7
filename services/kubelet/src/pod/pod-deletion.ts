import { nodeActor } from '@shiplog/contracts';
import { deletionOf } from '@shiplog/kube';
import { Inject, Injectable } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import { BUS, CONFIG } from '@shiplog/service';
import type { KubeletConfig } from '../settings';
import type { Pod } from '../domain/pod';

/** Takes pods that have ended out of the log. */
@Injectable()
export class PodDeletion {
  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'command'>,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName'>,
  ) {}

  /**
   * Resolves also when the pod is not there any more. Throws when the journal refuses.
   *
   * @param cause position of the event that asked for its end
   */
  async delete(pod: Pod, cause: number): Promise<void> {
    const reply = await this.bus.command({
      id: newCommandId(),
      actor: nodeActor(this.config.nodeName),
      cause,
      ...deletionOf('pods', pod, { gracePeriodSeconds: 0 }),
    });
    // 404 and 409: it is gone, or another pod has its name by now.
    if (!reply.ok && ![404, 409].includes(reply.status.code ?? 0)) {
      throw new Error(`the journal did not delete the pod: ${reply.status.message}`);
    }
  }
}
