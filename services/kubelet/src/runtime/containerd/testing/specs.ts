import type { ContainerSpec, SandboxSpec } from '../../runtime';
import { PLAIN_CONTAINER } from '../../testing/plain-container';

export const POD = { uid: 'uid-pod', namespace: 'default', name: 'pod' };

const SANDBOX: SandboxSpec = {
  identity: { pod: POD, name: 'POD', role: 'sandbox', attempt: 0, backoffSeconds: 0, image: '' },
  hostname: 'pod',
  network: { kind: 'detached' },
  hostPID: false,
  hostIPC: false,
  privileged: false,
  sysctls: {},
  mounts: [],
  oomScoreAdj: 0,
};

export function sandboxSpec(fields: Partial<SandboxSpec> = {}): SandboxSpec {
  return { ...SANDBOX, ...fields };
}

export function containerSpec(
  { sandboxId, imageId, ...fields }: Pick<ContainerSpec, 'sandboxId' | 'imageId'> & Partial<ContainerSpec>,
  name = 'main',
): ContainerSpec {
  const identity = { pod: POD, name, role: 'app', attempt: 0, backoffSeconds: 0, image: 'busybox:1' } as const;
  return { ...PLAIN_CONTAINER, identity, sandboxId, imageId, ...fields };
}
