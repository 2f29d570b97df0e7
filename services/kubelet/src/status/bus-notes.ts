import type { Bus } from '@shiplog/bus';
import type { Notes } from '../pod/context';
import type { Pod } from '../pod/view';

/** Notes as signals on the bus: heard by whoever narrates, kept by nobody. */
export class BusNotes implements Notes {
  constructor(
    private readonly bus: Pick<Bus, 'signal'>,
    private readonly node: string,
  ) {}

  say({ metadata, spec }: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const list = (spec?.initContainers ?? []).some((one) => one.name === container) ? 'initContainers' : 'containers';
    this.bus.signal('note', this.node, {
      type,
      reason,
      message,
      component: 'kubelet',
      host: this.node,
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
