import type { ContainerStatus, LogsRequest, Pod } from '@shiplog/contracts';
import { refused, statusOf, type Result } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import { flagParam, param, wholeParam, type Query } from './options';

/**
 * Which container's log is meant: the one asked for, or the only one there is. 400 with Kubernetes' texts when it can't
 * be told, when there is none of that name, and when it has no log yet.
 */
export function containerOf(pod: Pod, asked: string | undefined, previous: boolean): Result<string> {
  const chosen = choose(pod, asked);
  if (!chosen.ok) return chosen;
  const problem = withoutLog(pod, chosen.value, previous);
  return problem === undefined ? chosen : refused(statusOf.badRequest(problem));
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
  return all.find((container) => container.name === name);
}

/** Which lines of the log are asked for, and in which form. 400 for what contradicts itself. */
export function logOptions(query: Query): Partial<LogsRequest> {
  const sinceTime = param(query, 'sinceTime');
  const sinceSeconds = wholeParam(query, 'sinceSeconds');
  const tailLines = wholeParam(query, 'tailLines');
  const limitBytes = wholeParam(query, 'limitBytes');
  if (sinceTime !== undefined && sinceSeconds !== undefined) {
    throwStatus(statusOf.badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified'));
  }
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) {
    throwStatus(statusOf.badRequest(`sinceTime: Invalid value: "${sinceTime}": must be an RFC 3339 time`));
  }
  if (limitBytes === 0) throwStatus(statusOf.badRequest('limitBytes: Invalid value: 0: must be greater than 0'));
  return {
    ...(flagParam(query, 'follow') ? { follow: true } : {}),
    ...(flagParam(query, 'previous') ? { previous: true } : {}),
    ...(flagParam(query, 'timestamps') ? { timestamps: true } : {}),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}
