import type { Socket } from 'node:net';
import { statusOf } from '@shiplog/apimachinery';
import type { KubeStatus } from '@shiplog/contracts';
import { statusAnswer } from '../rest/answer';

/** What Node can't read as a request of HTTP/1.1 has no way back but the connection: it is answered there, and ended. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  // The client has left.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { code, body } = statusAnswer(statusOfUnreadable(error.code));
  const head = [
    `HTTP/1.1 ${code} ${REASONS.get(code) ?? 'Bad Request'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.toString()}`);
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [431, 'Request Header Fields Too Large'],
]);

/** By Node's code of the error. */
export function statusOfUnreadable(code: string | undefined): KubeStatus {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return HEADERS_TOO_LARGE;
    case 'HPE_INVALID_METHOD':
      return statusOf.methodNotAllowed();
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { ...statusOf.badRequest('the request did not come to its end in time'), reason: 'Timeout', code: 408 };
    default:
      return statusOf.badRequest('the request is malformed');
  }
}

/** 431. */
export const HEADERS_TOO_LARGE: KubeStatus = {
  ...statusOf.badRequest('the headers of the request are too large'),
  reason: 'RequestHeaderFieldsTooLarge',
  code: 431,
};
