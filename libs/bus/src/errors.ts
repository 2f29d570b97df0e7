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

/** What a stream lost: one of its chunks, the connection of this end, or the other end. */
export type StreamLoss = 'chunk' | 'connection' | 'reader' | 'writer';

/** A stream broke off before its end: what came of it is not the whole. Begun again, it may come whole. */
export class StreamBroken extends BusUnavailable {
  constructor(
    subject: string,
    readonly lost: StreamLoss,
    reason: string,
  ) {
    super(subject, 0, reason);
    this.name = 'StreamBroken';
    this.message = `the stream on ${subject} broke off: ${reason}`;
  }
}
