import { Injectable } from '@nestjs/common';
import type { PodStatus } from '@shiplog/contracts';
import { isStatic, type Pod } from '../domain/pod';
import { StatusReporter } from '../status/status-reporter';
import type { Causes } from './domain/causes';
import { PodDeletion } from './pod-deletion';

/** What the log is told of pods: of a static one it is told of its mirror, as long as there is one. */
@Injectable()
export class PodReports {
  /** By the static pod's uid. */
  readonly #mirrors = new Map<string, Pod>();
  #ended: (uid: string) => void = () => undefined;

  constructor(
    private readonly statuses: StatusReporter,
    private readonly deletion: PodDeletion,
  ) {}

  /** Called when nothing runs any more of a static pod that is to end. */
  onStaticEnded(listener: (uid: string) => void): void {
    this.#ended = listener;
  }

  /** A static pod's mirror, as the log has it; undefined: there is none. */
  mirrored(uid: string, mirror: Pod | undefined): void {
    const before = this.#mirrors.get(uid);
    if (before !== undefined && before.metadata.uid !== mirror?.metadata.uid) this.statuses.forget(before.metadata.uid);
    if (mirror === undefined) this.#mirrors.delete(uid);
    else this.#mirrors.set(uid, mirror);
  }

  /** The uid of the static pod that a mirror, by its uid, is of. */
  mirroredBy(mirrorUid: string): string | undefined {
    return [...this.#mirrors].find(([, { metadata }]) => metadata.uid === mirrorUid)?.[0];
  }

  offer(pod: Pod, status: PodStatus, causes: Causes): void {
    if (!isStatic(pod)) return this.statuses.offer(pod, status, causes);
    const mirror = this.#mirrors.get(pod.metadata.uid);
    if (mirror !== undefined) this.statuses.offer(mirror, status, causesOf(mirror, causes));
  }

  /** As `offer`; resolves once the log has it. A static pod's end waits for nobody. */
  async settle(pod: Pod, status: PodStatus, causes: Causes): Promise<void> {
    if (isStatic(pod)) return this.offer(pod, status, causes);
    await this.statuses.settle(pod, status, causes);
  }

  /** Takes a pod that has ended out of the log. Throws when the journal refuses. */
  async delete(pod: Pod, cause: number): Promise<void> {
    if (isStatic(pod)) return this.#ended(pod.metadata.uid);
    await this.deletion.delete(pod, cause);
  }

  forget(uid: string): void {
    this.statuses.forget(this.#mirrors.get(uid)?.metadata.uid ?? uid);
    this.#mirrors.delete(uid);
  }
}

/** What the log knows no reason for came of the mirror. */
function causesOf({ metadata }: Pod, { pod, containers }: Causes): Causes {
  return { pod: pod === 0 ? Number(metadata.resourceVersion) : pod, containers };
}
