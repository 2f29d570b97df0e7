import type { ContainerSpec } from '../runtime';

/** What asks for nothing of its own. */
export const PLAIN_CONTAINER: Omit<ContainerSpec, 'identity' | 'sandboxId' | 'imageId'> = {
  env: [],
  tty: false,
  stdin: false,
  stdinOnce: false,
  groups: [],
  privileged: false,
  readOnlyRootfs: false,
  capAdd: [],
  capDrop: [],
  noNewPrivileges: false,
  seccomp: 'default',
  mounts: [],
  cpuShares: 2,
  cpuQuota: 0,
  memoryBytes: 0,
  pidsLimit: 0,
  oomScoreAdj: 0,
  pidNamespace: 'own',
  hostIPC: false,
  hostNetwork: false,
};
