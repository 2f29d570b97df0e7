import { controllerOf } from '@shiplog/kube';
import type { LogEvent, ObjectOf } from '@shiplog/contracts';
import { targetOf } from '../../../../services/controller/src/controllers/daemon-sets/placement';
import { isPodActive } from '../../../../services/controller/src/domain/pods';
import { surgeOf } from './daemon-sets';
import type { Truth } from './truth';
import { Violation } from './violation';

type Pod = ObjectOf<'pods'>;

/** Pods as they were made: for whom, and by which life of a controller. */
export class MadePods {
  readonly #stateful = new Set<string>();
  /** By DaemonSet, node and who decided: the uids of its pods by their keys. */
  readonly #daemons = new Map<string, Pod[]>();

  constructor(private readonly truth: Truth) {}

  /** Whether a pod was made for a StatefulSet. */
  isStateful(uid: string): boolean {
    return this.#stateful.has(uid);
  }

  /**
   * A controller makes a second pod of a DaemonSet for a node only where it may surge. Two controllers that both take themselves
   * for the leader may, for a moment: nobody keeps a command from coming late. Throws a Violation.
   */
  committed(events: readonly LogEvent[]): void {
    for (const event of events) {
      if (event.resource !== 'pods' || this.truth.objectAt(event, event.position - 1) !== undefined) continue;
      const pod = this.truth.objectAt(event, event.position) as Pod | undefined;
      const owner = pod === undefined ? undefined : controllerOf(pod);
      if (pod === undefined || owner === undefined) continue;
      if (owner.kind === 'StatefulSet') this.#stateful.add(pod.metadata.uid);
      if (owner.kind === 'DaemonSet') this.#madeOnNode(event, pod, owner);
    }
  }

  #madeOnNode(event: LogEvent, pod: Pod, { name, uid }: { readonly name: string; readonly uid: string }): void {
    const { state } = this.truth;
    const key = `${uid} ${targetOf(pod)} ${event.via}`;
    const others = (this.#daemons.get(key) ?? []).filter(({ metadata }) => {
      const now = state.get('pods', metadata.namespace ?? '', metadata.name);
      return now?.metadata.uid === metadata.uid && isPodActive(now);
    });
    this.#daemons.set(key, [...others, pod]);
    const set = state.get('daemonsets.apps', event.namespace, name);
    const most = set === undefined || surgeOf(set) > 0 ? 1 : 0;
    if (others.length <= most) return;
    throw new Violation(
      'a node has one pod of a DaemonSet, and one more where it may surge',
      `${pod.metadata.name} for ${targetOf(pod)} at ${event.position}, beside ${others.map(({ metadata }) => metadata.name).join()}`,
    );
  }
}
