import type { PlannedVolume } from '../volumes/plan/planned-volume';
import type { PodFiles } from '../volumes/pod-files';
import type { PodAction } from './decide/pod-actions';
import type { Sandbox } from './sandbox';

export type StartAction = Extract<PodAction, { do: 'start' }>;
export type KillAction = Extract<PodAction, { do: 'kill' }>;

/** What the containers of one pod share. */
export interface PodScope {
  readonly files: PodFiles;
  readonly sandbox: Sandbox;
  /** Resolves when they are there. Throws ContainerConfigError for what they refer to and isn't there. */
  volumes(): Promise<readonly PlannedVolume[]>;
}
