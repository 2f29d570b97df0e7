import type { ContainerStatus, LogsRequest, Pod } from '@shiplog/contracts';
import { Problems, refused, statusOf, toSeconds, type Result } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import { flagParam, integerParam, param, type Query } from './options';

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
  return `container ${where} is waiting to start: ${whyWaiting(status?.state?.waiting?.reason)}`;
}

/** In the words of validateContainerLogStatus (kubelet_pods.go). */
function whyWaiting(reason = 'ContainerCreating'): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
}

function statusOfContainer({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find((container) => container.name === name);
}

/** Of no resource, but what Kubernetes calls the query of a log. */
const POD_LOG_OPTIONS = { group: '', plural: 'podlogoptions', kind: 'PodLogOptions' };

/**
 * Which lines of a pod's log are asked for, and in which form. 400 for what can't be read, 422 for what makes no sense
 * (ValidatePodLogOptions in pkg/apis/core/validation).
 */
export function logOptions(query: Query, pod: string): Partial<LogsRequest> {
  const sinceTime = timeParam(query, 'sinceTime');
  const sinceSeconds = integerParam(query, 'sinceSeconds');
  const tailLines = integerParam(query, 'tailLines');
  const limitBytes = integerParam(query, 'limitBytes');
  const problems = new Problems();
  if (tailLines !== undefined && tailLines < 0)
    problems.invalid('tailLines', tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1) problems.invalid('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceTime !== undefined && sinceSeconds !== undefined)
    problems.forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    problems.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0');
  if (param(query, 'stream') !== undefined) problems.forbidden('stream', 'may not be specified');
  if (!problems.none) throwStatus(statusOf.invalid(POD_LOG_OPTIONS, pod, problems.causes));
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

function timeParam(query: Query, name: string): string | undefined {
  const text = param(query, name);
  try {
    if (text !== undefined) toSeconds(text);
  } catch (error) {
    throwStatus(statusOf.badRequest((error as Error).message));
  }
  return text;
}
