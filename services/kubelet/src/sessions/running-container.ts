import { Injectable } from '@nestjs/common';
import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { PodManager } from '../pod/pod-manager';
import type { PodView } from '../pod/domain/view';
import { ContainerTable } from '../runtime/container-table';

/** Finds what sessions are opened to. What it throws is told as it stands: the words are those of Kubernetes' kubelet. */
@Injectable()
export class RunningContainers {
  constructor(
    private readonly pods: PodManager,
    private readonly table: ContainerTable,
  ) {}

  /** A pod as its worker has it. Throws 404. */
  podOf({ uid }: { readonly uid: string }): PodView {
    const view = this.pods.worker(uid)?.view();
    if (view === undefined) throw refusal(404, 'pod does not exist');
    return view;
  }

  /** The engine's id of a container that runs. Throws 404 for the pod, 500 for the container. */
  idOf({ uid, container }: { readonly uid: string; readonly container: string }): string {
    const { pod } = this.podOf({ uid });
    const found = this.table
      .of(pod.metadata.uid)
      .find(({ name, state }) => name === container && state.phase === 'running');
    if (found === undefined) throw refusal(500, `container not found (${JSON.stringify(container)})`);
    return found.id;
  }
}

export function refusal(code: number, message: string): StatusError {
  return new StatusError({
    ...statusOf.badRequest(message),
    reason: code === 404 ? 'NotFound' : 'InternalError',
    code,
  });
}
