import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';

/** As much as Kubernetes takes, in bytes. */
const BODY_LIMIT = 3 * 1024 * 1024;

/** What has no meaning in the body of such a request; it is left unread. */
const WITHOUT_BODY: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isHttp2(request: IncomingMessage | Http2ServerRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}

/** Whether a body comes with a request, or an empty one at least. */
function hasBody(request: IncomingMessage | Http2ServerRequest): boolean {
  if (isHttp2(request)) return !request.stream.endAfterHeaders;
  const { 'content-length': told = '0', 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || told !== '0';
}

/** Whether some of the body is still to come, which nobody waits for. */
export function leavesUnread(request: IncomingMessage | Http2ServerRequest): boolean {
  return !request.complete && hasBody(request);
}

/**
 * The body of a request; undefined when it has none. Throws StatusError: 413 when it is too large, which is known before
 * the first byte where its length is told, and 400 when its connection ends before it does.
 */
export async function readBody(request: IncomingMessage | Http2ServerRequest): Promise<Buffer | undefined> {
  if (WITHOUT_BODY.has(request.method) || !hasBody(request)) return undefined;
  if (Number(request.headers['content-length'] ?? '0') > BODY_LIMIT) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      if ((length += chunk.length) <= BODY_LIMIT) return;
      // Whoever answers decides what becomes of the rest.
      request.off('data', take).off('end', end);
      reject(tooLarge());
    };
    const end = (): void => resolve(Buffer.concat(chunks, length));
    const broken = (): void => reject(new StatusError(statusOf.badRequest('the request ends within its body')));
    request.on('data', take).once('end', end).once('error', broken);
    // A stream of HTTP/2 that its client cancels says no more than this.
    if (isHttp2(request)) request.once('aborted', broken);
  });
}

function tooLarge(): StatusError {
  return new StatusError(statusOf.tooLarge(`limit is ${BODY_LIMIT}`));
}
