import type { ContainerStatus, PodStatus } from '@shiplog/contracts';

/** Which container's log is meant, or in Kubernetes' words why there is none. */
export type LogSource =
  { readonly ok: true; readonly containerId: string } | { readonly ok: false; readonly message: string };

/** Of whichever runtime. */
const SCHEME = /^[a-z]+:\/\//;

/** Chooses among a container's present and past lives, as the kubelet of Kubernetes does. */
export function decideLogSource(pod: string, status: PodStatus, container: string, previous: boolean): LogSource {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const found = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (item) => item.name === container,
  );
  if (found === undefined) return refuse(`container "${container}" in pod "${pod}" is not available`);
  const last = idOf(found.lastState?.terminated?.containerID);
  if (previous) return last ?? refuse(`previous terminated container "${container}" in pod "${pod}" not found`);
  if (found.state?.running !== undefined) return idOf(found.containerID) ?? waiting(found, pod);
  if (found.state?.terminated !== undefined) {
    return (
      idOf(found.state.terminated.containerID) ??
      last ??
      refuse(`container "${container}" in pod "${pod}" is terminated`)
    );
  }
  if (found.lastState?.terminated !== undefined)
    return last ?? refuse(`container "${container}" in pod "${pod}" is terminated`);
  return waiting(found, pod);
}

function idOf(url: string | undefined): LogSource | undefined {
  return url === undefined || url === '' ? undefined : { ok: true, containerId: url.replace(SCHEME, '') };
}

function waiting({ name, state }: ContainerStatus, pod: string): LogSource {
  const where = `container "${name}" in pod "${pod}" is waiting to start`;
  switch (state?.waiting?.reason) {
    case undefined:
      return refuse(`${where} - no logs yet`);
    case 'ErrImagePull':
      return refuse(`${where}: image can't be pulled`);
    case 'ImagePullBackOff':
      return refuse(`${where}: trying and failing to pull image`);
    default:
      return refuse(`${where}: ${state?.waiting?.reason}`);
  }
}

function refuse(message: string): LogSource {
  return { ok: false, message };
}
