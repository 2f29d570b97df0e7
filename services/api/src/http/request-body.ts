import type { IncomingMessage } from 'node:http';
import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';

/** As much as Kubernetes takes, in bytes. */
const BODY_LIMIT = 3 * 1024 * 1024;

/** What has no meaning in the body of such a request; it is left unread. */
const WITHOUT_BODY: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The body of a request; undefined when it has none. Throws StatusError: 413 when it is too large, which is known before
 * the first byte where its length is told, and 400 when its connection ends before it does.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const { 'content-length': told = '0', 'transfer-encoding': coding } = request.headers;
  if (WITHOUT_BODY.has(request.method) || (coding === undefined && told === '0')) return undefined;
  if (Number(told) > BODY_LIMIT) throw tooLarge();
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
    request.on('data', take).once('end', end);
    request.once('error', () => reject(new StatusError(statusOf.badRequest('the request ends within its body'))));
  });
}

function tooLarge(): StatusError {
  return new StatusError(statusOf.tooLarge(`limit is ${BODY_LIMIT}`));
}
