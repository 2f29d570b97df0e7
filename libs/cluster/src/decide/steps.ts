import type { ContainerStateTerminated, ContainerStatus, PodStatus } from '@shiplog/contracts';
import { sameJson, withoutUndefined } from '@shiplog/apimachinery';
import type { ChangeName } from './naming';

/** One step on the way from a status to the next: the whole status after it, and what the step is called. */
export interface Step {
  readonly status: PodStatus;
  readonly name: ChangeName;
}

const CONTAINER_LISTS = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

/** Containers, before and after, whose steps are told one by one. Each step looks through the whole list. */
const MOST_TOLD = 200;

/**
 * The named steps between two statuses: containers first, in the order of the lists, then the pod as a whole. What
 * differs besides travels with the last step; alone, it is a StatusChanged. Of a pod of very many containers only the
 * whole is told.
 */
export function stepsBetween(before: PodStatus, after: PodStatus): Step[] {
  const steps: Step[] = [];
  let current = before;
  const isTold = containersOf(before) + containersOf(after) <= MOST_TOLD;
  for (const list of CONTAINER_LISTS) {
    for (const container of isTold ? (after[list] ?? []) : []) {
      const known = current[list]?.find((item) => item.name === container.name);
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
  return sameJson(before, after) ? [] : [{ status: after, name: { fact: 'StatusChanged' } }];
}

function containersOf(status: PodStatus): number {
  return CONTAINER_LISTS.reduce((sum, list) => sum + (status[list]?.length ?? 0), 0);
}

function withContainer(list: readonly ContainerStatus[], next: ContainerStatus): ContainerStatus[] {
  return list.some((item) => item.name === next.name)
    ? list.map((item) => (item.name === next.name ? next : item))
    : [...list, next];
}

function podStep(before: PodStatus, after: PodStatus): ChangeName | undefined {
  const { phase, reason, message } = after;
  if (phase !== before.phase && (phase === 'Succeeded' || phase === 'Failed')) {
    return { fact: phase, facts: withoutUndefined({ from: before.phase, reason, message }) };
  }
  const ready = after.conditions?.find((condition) => condition.type === 'Ready');
  const isReady = ready?.status === 'True';
  const wasReady = before.conditions?.some((item) => item.type === 'Ready' && item.status === 'True') ?? false;
  if (isReady === wasReady) return undefined;
  return {
    fact: isReady ? 'Ready' : 'Unready',
    facts: withoutUndefined({
      reason: ready?.reason,
      message: ready?.message,
      podIP: isReady ? after.podIP : undefined,
    }),
  };
}

/** A container's status after one step, and what the step is called. */
interface ContainerStep {
  readonly container: ContainerStatus;
  readonly name: ChangeName;
}

/**
 * What happened to a container between two looks. An end that was followed by a new start or a wait before the kubelet
 * looked again is still an event of its own: it is told from `lastState`.
 */
function containerSteps(before: ContainerStatus | undefined, after: ContainerStatus): ContainerStep[] {
  const steps: ContainerStep[] = [];
  const missed = missedEnd(before, after);
  if (missed !== undefined) steps.push(missed);
  const now = presentStep(before, after);
  if (now !== undefined) steps.push(now);
  return steps;
}

function missedEnd(before: ContainerStatus | undefined, after: ContainerStatus): ContainerStep | undefined {
  const ended = after.lastState?.terminated;
  if (before === undefined || ended === undefined || after.state?.terminated !== undefined) return undefined;
  if (sameEnd(before.state?.terminated, ended) || sameEnd(before.lastState?.terminated, ended)) return undefined;
  const container = { ...before, ready: false, started: false, state: { terminated: ended } };
  return { container, name: exited(container, ended) };
}

function presentStep(before: ContainerStatus | undefined, after: ContainerStatus): ContainerStep | undefined {
  const { running, terminated, waiting } = after.state ?? {};
  if (terminated !== undefined) {
    if (sameEnd(before?.state?.terminated, terminated)) return undefined;
    return { container: after, name: exited(after, terminated) };
  }
  if (running !== undefined) {
    const was = before?.state?.running;
    const isSame =
      was !== undefined && was.startedAt === running.startedAt && before?.containerID === after.containerID;
    return isSame ? undefined : { container: after, name: started(after) };
  }
  if (waiting === undefined || before?.state?.waiting?.reason === waiting.reason) return undefined;
  const facts = withoutUndefined({ container: after.name, reason: waiting.reason, message: waiting.message });
  return { container: after, name: { fact: 'ContainerWaiting', facts } };
}

function sameEnd(a: ContainerStateTerminated | undefined, b: ContainerStateTerminated): boolean {
  return (
    a !== undefined && a.containerID === b.containerID && a.finishedAt === b.finishedAt && a.exitCode === b.exitCode
  );
}

function started({ name, image, containerID, restartCount }: ContainerStatus): ChangeName {
  return { fact: 'ContainerStarted', facts: withoutUndefined({ container: name, image, containerID, restartCount }) };
}

function exited({ name, restartCount }: ContainerStatus, end: ContainerStateTerminated): ChangeName {
  const { exitCode, reason, signal, message } = end;
  return {
    fact: 'ContainerExited',
    facts: withoutUndefined({ container: name, exitCode, reason, signal, message, restartCount }),
  };
}
