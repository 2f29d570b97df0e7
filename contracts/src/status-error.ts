import type { KubeStatus } from './generated/kubernetes';

/** The other side answered with a failure, as Kubernetes would put it. */
export class StatusError extends Error {
  /** @param warnings what the client should be told beside */
  constructor(
    readonly status: KubeStatus,
    readonly warnings: readonly string[] = [],
  ) {
    super(status.message ?? status.reason ?? 'failed');
    this.name = 'StatusError';
  }
}

/** A failure's Status, for an error of any kind: what isn't a StatusError is an internal error (500). */
export function statusOfError(error: unknown): KubeStatus {
  if (error instanceof StatusError) return error.status;
  const message = error instanceof Error ? error.message : String(error);
  return {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    reason: 'InternalError',
    message,
    code: 500,
  };
}
