import type { ContainerStateTerminated, ContainerStatus } from '@shiplog/contracts';
import { withoutUndefined } from './clean';
import type { ChangeName } from './naming';

/** A container's status after one step, and what the step is called. */
export interface ContainerStep {
  readonly container: ContainerStatus;
  readonly name: ChangeName;
}

/**
 * What happened to a container between two looks. An end that was followed by a new start or a wait before the kubelet
 * looked again is still an event of its own: it is told from `lastState`.
 */
export function containerSteps(before: ContainerStatus | undefined, after: ContainerStatus): ContainerStep[] {
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
  return { container: after, name: { type: 'ContainerWaiting', facts } };
}

function sameEnd(a: ContainerStateTerminated | undefined, b: ContainerStateTerminated): boolean {
  return (
    a !== undefined && a.containerID === b.containerID && a.finishedAt === b.finishedAt && a.exitCode === b.exitCode
  );
}

function started({ name, image, containerID, restartCount }: ContainerStatus): ChangeName {
  return { type: 'ContainerStarted', facts: withoutUndefined({ container: name, image, containerID, restartCount }) };
}

function exited({ name, restartCount }: ContainerStatus, end: ContainerStateTerminated): ChangeName {
  const { exitCode, reason, signal, message } = end;
  return {
    type: 'ContainerExited',
    facts: withoutUndefined({ container: name, exitCode, reason, signal, message, restartCount }),
  };
}
