import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type { ContainerState, ObservedContainer } from '../runtime';
import { identityOf } from '../labels';

/** How the engine writes a time that has not come. */
const NEVER = '0001-01-01T00:00:00Z';

/** A container as an inspection shows it; undefined when it isn't one of ours. */
export function observedOf(info: ContainerInspectInfo, node: string): ObservedContainer | undefined {
  const identity = identityOf(info.Config.Labels, node);
  return identity && { ...identity, id: info.Id, imageId: info.Image, state: stateOf(info) };
}

function stateOf({ State: state, Created: created }: ContainerInspectInfo): ContainerState {
  if (state.Running) return { phase: 'running', startedAt: state.StartedAt, pid: state.Pid };
  if (state.Status === 'created' && state.Error === '') return { phase: 'created' };
  return {
    phase: 'exited',
    startedAt: state.StartedAt === NEVER ? created : state.StartedAt,
    finishedAt: state.FinishedAt === NEVER ? created : state.FinishedAt,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
  };
}

/** Whether a listed container is one of ours; its times and exit code need an inspection. */
export function isOurs(info: ContainerInfo, node: string): boolean {
  return identityOf(info.Labels, node) !== undefined;
}
