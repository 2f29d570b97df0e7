import { CONTAINER_STATE, SANDBOX_READY, type ContainerStatus, type PodSandbox } from '../protocol/cri';
import { identityOf } from '../../labels';
import type { ContainerState, ObservedContainer } from '../../runtime';
import { traitsOf } from './traits';

const NANOSECONDS = 1_000_000;

/** As the runtime says that it could not start a container. */
const START_ERROR = 'StartError';
const OOM_KILLED = 'OOMKilled';

/** A container as its status shows it; undefined when it isn't one of ours. */
export function observedContainer(status: ContainerStatus, node: string): ObservedContainer | undefined {
  const identity = identityOf(status.labels, node);
  const { imageId } = traitsOf(status.annotations);
  return identity && { ...identity, id: status.id, imageId, state: containerState(status) };
}

function containerState(status: ContainerStatus): ContainerState {
  const { state, createdAt, startedAt, finishedAt, exitCode, reason, message } = status;
  if (state === CONTAINER_STATE.created) return { phase: 'created' };
  const started = isoTime(startedAt === 0 ? createdAt : startedAt);
  if (state === CONTAINER_STATE.running) return { phase: 'running', startedAt: started };
  return {
    phase: 'exited',
    startedAt: started,
    finishedAt: finishedAt === 0 ? started : isoTime(finishedAt),
    // Of one that it lost sight of, the runtime knows no code.
    exitCode: state === CONTAINER_STATE.unknown ? UNKNOWN_EXIT : exitCode,
    oomKilled: reason === OOM_KILLED,
    error: reason === START_ERROR ? message : '',
  };
}

const UNKNOWN_EXIT = 255;

/** What is read alike of a sandbox that is listed and of one that is asked for. */
export type ShownSandbox = Pick<PodSandbox, 'id' | 'labels' | 'state' | 'createdAt'>;

/** @param pid of its process; undefined: not known, or none */
export function observedSandbox(
  { id, labels, state, createdAt }: ShownSandbox,
  node: string,
  pid: number | undefined,
): ObservedContainer | undefined {
  const identity = identityOf(labels, node);
  const startedAt = isoTime(createdAt);
  const ended = {
    phase: 'exited',
    startedAt,
    finishedAt: startedAt,
    exitCode: 0,
    oomKilled: false,
    error: '',
  } as const;
  const shown: ContainerState = state === SANDBOX_READY ? { phase: 'running', startedAt, pid } : ended;
  return identity && { ...identity, id, imageId: '', state: shown };
}

export function isoTime(nanoseconds: number): string {
  return new Date(nanoseconds / NANOSECONDS).toISOString();
}
