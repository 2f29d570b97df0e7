import type { KubeStatus, ResourceRow } from '@shiplog/contracts';
import type { Handover } from '../common/handover';

/** What a handler answers with. */
export type Answer = BodyAnswer | StreamAnswer;

/** An answer in one piece. */
export interface BodyAnswer {
  readonly kind: 'body';
  readonly code: number;
  readonly type: string;
  readonly body: Buffer | string;
  /** Any text: what HTTP does not allow in a header is encoded when it is sent. Several of a name: one header each. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Large bodies that are sent again and again keep what they are compressed to. */
  readonly gzipped?: () => Promise<Buffer>;
  /** Sent as it is, also to people who look with a browser. */
  readonly verbatim?: boolean;
  /** The connection ends with it: who does not say who they are is not to hold one. */
  readonly isLast?: boolean;
}

/** An answer that takes the connection over and writes to it as long as it likes. */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly code: number;
  readonly type: string;
  readonly headers?: BodyAnswer['headers'];
  /** In place of what it would write, for who has asked for another protocol. */
  readonly handover?: Handover | undefined;
  /** Of what it is made, where a client may have it over a WebSocket: whole events, a line each, or bytes as they come. */
  readonly content?: 'events' | 'bytes';
  /** Ends by itself, or soon after the signal says that the client left or the server stops. */
  readonly write: (out: OutStream) => Promise<void>;
}

/** Where a stream goes: the connection of one client. */
export interface OutStream {
  /** False when the client is behind: wait for `drained` before more. */
  write(chunk: Buffer): boolean;
  /** Resolves when the client has caught up, or has left. */
  drained(): Promise<void>;
  readonly signal: AbortSignal;
}

export const JSON_TYPE = 'application/json';

export function jsonAnswer(code: number, value: unknown, type = JSON_TYPE): BodyAnswer {
  return { kind: 'body', code, type, body: `${JSON.stringify(value)}\n` };
}

export function textAnswer(code: number, body: string): BodyAnswer {
  return { kind: 'body', code, type: 'text/plain; charset=utf-8', body };
}

/** A failure as Kubernetes sends it: the Status as the body, its code as the response's, Retry-After where it says so. */
export function statusAnswer(status: KubeStatus): BodyAnswer {
  const seconds = status.details?.retryAfterSeconds;
  return {
    kind: 'body',
    code: status.code ?? 500,
    type: JSON_TYPE,
    body: `${JSON.stringify(status)}\n`,
    ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
  };
}

/** The Status that confirms a delete or a binding. */
export function successAnswer(details?: KubeStatus['details']): BodyAnswer {
  const status: KubeStatus = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
  };
  return { kind: 'body', code: 200, type: JSON_TYPE, body: `${JSON.stringify(status)}\n` };
}

/** The Status that confirms that an object is gone. */
export function deletedAnswer({ group, plural }: ResourceRow, name: string, uid?: string): BodyAnswer {
  return successAnswer({
    name,
    ...(group === '' ? {} : { group }),
    kind: plural,
    ...(uid === undefined ? {} : { uid }),
  });
}
