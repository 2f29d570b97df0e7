import type { KubeStatus } from '@shiplog/contracts';

/** Nobody answered in time: NATS is away, or no instance of the service is. Trying again later may help. */
export class BusUnavailable extends Error {
  constructor(
    subject: string,
    waitedMs: number,
    /** What the last attempt came to: `nobody listens`, or `no answer` when one may yet take effect. */
    readonly last: string,
  ) {
    super(`no answer on ${subject}${waitedMs > 0 ? ` within ${waitedMs} ms` : ''} (${last})`);
    this.name = 'BusUnavailable';
  }
}

/** The other side answered with a failure, as Kubernetes would put it. */
export class StatusError extends Error {
  constructor(readonly status: KubeStatus) {
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

/** What a stream lost: one of its chunks, the connection of this end, or the other end. */
export type StreamLoss = 'chunk' | 'connection' | 'reader' | 'writer';

/** A stream broke off before its end: what came of it is not the whole. Begun again, it may come whole. */
export class StreamBroken extends BusUnavailable {
  constructor(
    subject: string,
    readonly lost: StreamLoss,
    why: string,
  ) {
    super(subject, 0, why);
    this.name = 'StreamBroken';
    this.message = `the stream on ${subject} broke off: ${why}`;
  }
}
