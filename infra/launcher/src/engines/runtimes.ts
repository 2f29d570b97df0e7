import type { MinionLayout } from '../layout';
import type { RuntimeName } from '../settings';
import { containerdRuntime } from './containerd-runtime';
import { dockerRuntime } from './docker-runtime';
import type { MinionRuntime } from './minion-runtime';

const RUNTIMES: Readonly<Record<RuntimeName, MinionRuntime>> = { docker: dockerRuntime, containerd: containerdRuntime };

/** What runs a minion's containers. */
export function runtimeOf({ runtime }: MinionLayout): MinionRuntime {
  return RUNTIMES[runtime];
}

/** The names of its processes, in the order of starting; the last is who the kubelet talks to. */
export function runtimeProcesses(minion: MinionLayout): string[] {
  return runtimeOf(minion).processes.map((process) => `${minion.name}-${process}`);
}
