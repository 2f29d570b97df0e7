import type { KubeStatus } from '@shiplog/contracts';

const SUCCESS: KubeStatus = { metadata: {}, status: 'Success' };

/** How a command ended, as Kubernetes says it to clients (`NewNonZeroExitCode` of k8s.io/kubelet). */
export function exitStatus(exitCode: number): KubeStatus {
  if (exitCode === 0) return SUCCESS;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** A session that could not be, or broke off: clients write the message as it stands. */
export function brokenStatus(message: string): KubeStatus {
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}
