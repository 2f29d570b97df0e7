import type { LogEvent } from '@shiplog/contracts';

/** The events that what a kubelet reports of a pod came of. */
export interface Causes {
  /** That the pod was bound to this node, or is to go. */
  readonly pod: number;
  /** By the name of a container: its last start or end. That it waits in between comes of that, and nothing comes of it. */
  readonly containers: Readonly<Record<string, number>>;
}

/** Of a pod that was there when this kubelet began to read: the log told of it up to here. */
export function causesAt(position: number): Causes {
  return { pod: position, containers: {} };
}

/** The causes after another event of the pod. */
export function afterEvent(causes: Causes, { fact, position, data }: LogEvent): Causes {
  switch (fact) {
    case 'Scheduled':
    case 'DeletionRequested':
      return { ...causes, pod: position };
    case 'ContainerStarted':
    case 'ContainerExited': {
      const container = data.facts?.['container'];
      if (typeof container !== 'string') return causes;
      return { ...causes, containers: { ...causes.containers, [container]: position } };
    }
    default:
      return causes;
  }
}
