import { setMaxListeners } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Answer, OutStream } from './answer';
import { statusAnswer } from './answer';
import type { Gateway, RawRequest } from './gateway';
import { statusOfFailure } from './failures';
import { statusOf } from '@shiplog/machinery';

/** As much as Kubernetes takes. */
export const BODY_LIMIT = 3 * 1024 * 1024;
/** What a stream may leave unsent before its writer is told to wait, in bytes. */
const BACKLOG = 1024 * 1024;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Puts the gateway behind Fastify: one route for every path, with the body as bytes; the gateway knows the rest. Streams
 * end when `stopping` aborts.
 */
export function listenFor(server: FastifyInstance, gateway: Gateway, stopping: AbortSignal): void {
  // Every open stream listens to it.
  setMaxListeners(0, stopping);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  );
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const answer = await gateway.answer(rawOf(request));
    if (answer.kind === 'body') send(reply, answer, stopping.aborted);
    else await stream(reply, answer, stopping, request);
  };
  server.route({
    method: METHODS,
    url: '/*',
    handler: handle,
    errorHandler: (error, request, reply) => send(reply, gateway.failed(error, rawOf(request)), stopping.aborted),
  });
}

/** The answer to what Fastify can't even route: a broken URL, say. */
export function answerUnroutable(error: unknown, reply: FastifyReply): void {
  const status = statusOfFailure(error) ?? statusOf.badRequest('the request is malformed');
  send(reply, statusAnswer(status), true);
}

function rawOf(request: FastifyRequest): RawRequest {
  const { url } = request.raw;
  const question = url?.indexOf('?') ?? -1;
  return {
    method: request.method,
    path: question < 0 ? (url ?? '/') : (url ?? '').slice(0, question),
    query: request.query as RawRequest['query'],
    headers: request.headers,
    body: request.body as Buffer | undefined,
  };
}

function send(reply: FastifyReply, answer: Answer, last: boolean): void {
  if (answer.kind !== 'body') throw new Error('a stream is not sent in one piece');
  // Past Fastify, which would add a charset to the media types that clients compare.
  reply.hijack();
  reply.raw.writeHead(answer.code, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-cache, private',
    ...(last ? { connection: 'close' } : {}),
    ...answer.headers,
  });
  reply.raw.end(answer.body);
}

async function stream(
  reply: FastifyReply,
  answer: Extract<Answer, { kind: 'stream' }>,
  stopping: AbortSignal,
  request: FastifyRequest,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(answer.code, { 'content-type': answer.type, 'cache-control': 'no-cache, private' });
  raw.flushHeaders();
  const left = new AbortController();
  const leave = (): void => left.abort();
  raw.once('close', leave);
  raw.once('error', leave);
  stopping.addEventListener('abort', leave, { once: true });
  try {
    if (!raw.destroyed && !stopping.aborted) await answer.write(outStream(raw, left.signal));
    raw.end();
  } catch (error) {
    request.log.error({ err: error }, 'a stream broke off');
    raw.destroy();
  } finally {
    stopping.removeEventListener('abort', leave);
  }
}

function outStream(raw: FastifyReply['raw'], signal: AbortSignal): OutStream {
  return {
    signal,
    write: (chunk) => {
      if (signal.aborted) return true;
      raw.write(chunk);
      return raw.writableLength < BACKLOG;
    },
    drained: () =>
      new Promise((resolve) => {
        if (signal.aborted || raw.writableLength < BACKLOG) return resolve();
        const done = (): void => {
          raw.off('drain', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        raw.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      }),
    cut: () => raw.destroy(),
  };
}
