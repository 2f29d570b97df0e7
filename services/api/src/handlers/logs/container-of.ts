import type { ContainerStatus, Pod } from '@shiplog/contracts';
import { refused, statusOf, type Result } from '@shiplog/apimachinery';

/**
 * Which container's log is meant: the one asked for, or the only one there is. 400 with Kubernetes' texts when it can't
 * be told, when there is none of that name, and when it has no log yet.
 */
export function containerOf(pod: Pod, asked: string | undefined, previous: boolean): Result<string> {
  const chosen = choose(pod, asked);
  if (!chosen.ok) return chosen;
  const why = withoutLog(pod, chosen.value, previous);
  return why === undefined ? chosen : refused(statusOf.badRequest(why));
}

function choose(pod: Pod, asked: string | undefined): Result<string> {
  const name = pod.metadata.name ?? '';
  const containers = (pod.spec?.containers ?? []).map((container) => container.name);
  const init = (pod.spec?.initContainers ?? []).map((container) => container.name);
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map((container) => container.name);
  if (asked !== undefined) {
    if ([...containers, ...init, ...ephemeral].includes(asked)) return { ok: true, value: asked };
    return refused(statusOf.badRequest(`container ${asked} is not valid for pod ${name}`));
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return { ok: true, value: only };
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  return refused(
    statusOf.badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${others}`,
    ),
  );
}

/** Why a container has no log; undefined when it has, or when its pod has no node yet: that log is empty. */
function withoutLog(pod: Pod, container: string, previous: boolean): string | undefined {
  if (!pod.spec?.nodeName) return undefined;
  const status = statusOfContainer(pod, container);
  const where = `${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  const hasEnded = status?.lastState?.terminated !== undefined;
  if (previous) return hasEnded ? undefined : `previous terminated container ${where} not found`;
  if (status?.state?.running !== undefined || status?.state?.terminated !== undefined || hasEnded) return undefined;
  return `container ${where} is waiting to start: ${status?.state?.waiting?.reason ?? 'ContainerCreating'}`;
}

function statusOfContainer({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find((one) => one.name === name);
}
