/** What a connection may cost, whoever is on its other side. */
export interface SpdyLimits {
  /** Streams that are open at a time; more are refused, each by itself. */
  readonly streams: number;
  /** Of the payload of a control frame, header block included, in bytes. */
  readonly controlFrame: number;
  /** Of a header block when it is inflated, in bytes. */
  readonly headers: number;
  /** What may have come and not been taken yet, in bytes, before nothing more is read. */
  readonly unread: number;
}

export const DEFAULT_LIMITS: SpdyLimits = {
  streams: 1_000,
  controlFrame: 16 * 1024,
  headers: 64 * 1024,
  unread: 1024 * 1024,
};

/** The other side does not keep to the protocol, or asks for too much. The connection ends with it. */
export class SpdyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SpdyError';
  }
}
