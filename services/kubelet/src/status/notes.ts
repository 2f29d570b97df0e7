import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { Note } from '@shiplog/contracts';
import { BUS, CONFIG } from '@shiplog/service';
import type { Pod } from '../domain/pod';
import type { KubeletConfig } from '../settings';

/**
 * Says something of a pod that is worth a line in `kubectl describe`, but no fact of the log: heard by whoever
 * narrates, kept by nobody.
 */
@Injectable()
export class Notes {
  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'tell'>,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName'>,
  ) {}

  /** The same of this machine. */
  sayOfNode(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { nodeName: name } = this.config;
    // Kubernetes' kubelet takes its node's name for its uid.
    const about = { resource: 'nodes' as const, namespace: '', name, uid: name };
    this.bus.tell(Note, { type, reason, message, component: 'kubelet', host: name, about });
  }

  say({ metadata, spec }: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const list = (spec?.initContainers ?? []).some((item) => item.name === container) ? 'initContainers' : 'containers';
    this.bus.tell(Note, {
      type,
      reason,
      message,
      component: 'kubelet',
      host: this.config.nodeName,
      about: {
        resource: 'pods',
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        uid: metadata.uid,
        ...(container === undefined ? {} : { fieldPath: `spec.${list}{${container}}` }),
      },
    });
  }
}
