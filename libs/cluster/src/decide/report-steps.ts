import type { ContainerStatus, PodStatus } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { withoutUndefined } from './clean';
import { containerSteps } from './container-steps';
import type { ChangeName } from './naming';

/** One step on the way from a status to the next: the whole status after it, and what the step is called. */
export interface Step {
  readonly status: PodStatus;
  readonly name: ChangeName;
}

const CONTAINER_LISTS = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

/**
 * Containers, before and after, whose steps are told one by one. Each step is an event that holds the whole list: the cost
 * grows with the square of it.
 */
const MOST_TOLD = 200;

/**
 * The named steps between two statuses: containers first, in the order of the lists, then the pod as a whole. What
 * differs besides travels with the last step; alone, it is a PodStatusChanged. Of a pod of very many containers only the
 * whole is told.
 */
export function stepsBetween(before: PodStatus, after: PodStatus): Step[] {
  const steps: Step[] = [];
  let current = before;
  const isTold = containersOf(before) + containersOf(after) <= MOST_TOLD;
  for (const list of CONTAINER_LISTS) {
    for (const container of isTold ? (after[list] ?? []) : []) {
      const known = current[list]?.find((one) => one.name === container.name);
      for (const { container: next, name } of containerSteps(known, container)) {
        current = { ...current, [list]: withContainer(current[list] ?? [], next) };
        steps.push({ status: current, name });
      }
    }
  }
  const whole = podStep(before, after);
  if (whole !== undefined) return [...steps, { status: after, name: whole }];
  const last = steps.pop();
  if (last !== undefined) return [...steps, { status: after, name: last.name }];
  return sameJson(before, after) ? [] : [{ status: after, name: { type: 'PodStatusChanged' } }];
}

function containersOf(status: PodStatus): number {
  return CONTAINER_LISTS.reduce((sum, list) => sum + (status[list]?.length ?? 0), 0);
}

function withContainer(list: readonly ContainerStatus[], next: ContainerStatus): ContainerStatus[] {
  return list.some((one) => one.name === next.name)
    ? list.map((one) => (one.name === next.name ? next : one))
    : [...list, next];
}

function podStep(before: PodStatus, after: PodStatus): ChangeName | undefined {
  const { phase, reason, message } = after;
  if (phase !== before.phase && (phase === 'Succeeded' || phase === 'Failed')) {
    return { type: `Pod${phase}`, facts: withoutUndefined({ from: before.phase, reason, message }) };
  }
  const ready = after.conditions?.find((condition) => condition.type === 'Ready');
  const isReady = ready?.status === 'True';
  const wasReady = before.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
  if (isReady === wasReady) return undefined;
  return {
    type: isReady ? 'PodReady' : 'PodUnready',
    facts: withoutUndefined({
      reason: ready?.reason,
      message: ready?.message,
      podIP: isReady ? after.podIP : undefined,
    }),
  };
}
