import type { Server } from 'node:net';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { statusOf } from '@shiplog/apimachinery';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { Stopping } from '../common/stopping';
import type { ApiConfig } from '../settings';
import { FailureFilter } from './failure-filter';
import { statusAnswer, type Answer, type BodyAnswer, type OutStream, type StreamAnswer } from '../rest/answer';
import { statusOfFailure } from '../common/failures';
import { Gateway, type Admitted, type RequestHead } from './gateway';
import { headerValue } from '../rest/warning-header';
import { readBody } from './request-body';

/** What a stream may leave unsent before its writer is told to wait, in bytes. */
const BACKLOG = 1024 * 1024;

/** How long a client that is still sending may take to read its answer, in milliseconds; as long as Go's server waits. */
const LINGER_MS = 500;

/** How long a client may take for the rest of a stream that has ended, in milliseconds. */
const TAKEN_MS = 30_000;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the listener once a request is admitted. */
    admitted: Admitted | null;
  }
}

/**
 * Puts the gateway behind Fastify: one route for every path, with the body as bytes; the gateway knows the rest. It sees
 * each request twice: its head, before the body is read, and the whole of it. It stands beside Nest's router, whose guards
 * and interceptors come after the body, and which has a route for a path where here one handler serves every kind.
 */
@Injectable()
export class HttpListener implements OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'maxConnections'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateway: Gateway,
    private readonly failures: FailureFilter,
    private readonly stopping: Stopping,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    (this.host.httpAdapter.getHttpServer() as Server).maxConnections = this.config.maxConnections;
    const server: FastifyInstance = this.host.httpAdapter.getInstance();
    server.decorateRequest('admitted', null);
    // Also for what no route takes.
    server.addHook('onRequest', (request, reply, done) => this.#admit(request, reply, done));
    server.route({
      method: METHODS,
      url: '/*',
      // Fastify's own reading of a body makes an async context for each: a twelfth of all that the api does for a create.
      preParsing: (request, reply) => void this.#answer(request, reply),
      handler: () => {
        throw new Error('a request came past its answer');
      },
    });
  }

  #admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const admitted = this.gateway.admit(headOf(request));
    if ('kind' in admitted) return this.#send(reply, admitted);
    request.admitted = admitted;
    // However it ends: answered, refused by Fastify, or left by its client.
    reply.raw.once('close', admitted.leave);
    done();
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      const { admitted } = request;
      if (admitted === null) throw new Error('a request came past its admission');
      const answer = await this.gateway.answer(admitted, await readBody(request.raw));
      if (answer.kind === 'body') this.#send(reply, answer);
      else await stream(reply, answer, this.stopping.signal, this.#broke);
    } catch (error) {
      this.#send(reply, this.failures.answerTo(error, headOf(request)));
    }
  }

  #send(reply: FastifyReply, answer: BodyAnswer): void {
    send(reply, answer, this.stopping.signal.aborted, this.#broke);
  }

  readonly #broke = (error: unknown): void => this.logger.error({ err: error }, 'an answer was cut off');
}

/** The answer to what Fastify can't even route: a broken URL, say. */
export function answerUnroutable(error: unknown, reply: FastifyReply): void {
  const status = statusOfFailure(error) ?? statusOf.badRequest('the request is malformed');
  send(reply, statusAnswer(status), true, () => undefined);
}

function headOf(request: FastifyRequest): RequestHead {
  const { url } = request.raw;
  const question = url?.indexOf('?') ?? -1;
  return {
    method: request.method,
    path: question < 0 ? (url ?? '/') : (url ?? '').slice(0, question),
    query: request.query as RequestHead['query'],
    headers: request.headers,
  };
}

/** Sends an answer in one piece. It ends the connection where a body is left unread, and where nobody knows who asked. */
function send(reply: FastifyReply, answer: BodyAnswer, stopping: boolean, broke: (error: unknown) => void): void {
  // Past Fastify, which would add a charset to the media types that clients compare.
  reply.hijack();
  const { raw } = reply;
  const unread = leavesUnread(reply.request);
  const last = stopping || unread || answer.code === 401;
  try {
    raw.writeHead(answer.code, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      'cache-control': 'no-cache, private',
      ...(last ? { connection: 'close' } : {}),
      ...legalHeaders(answer),
    });
    if (unread) linger(reply, answer.body);
    else raw.end(answer.body);
  } catch (error) {
    // Nobody else answers any more: a broken connection tells the client more than silence.
    broke(error);
    raw.destroy();
  }
}

function leavesUnread({ headers, raw }: FastifyRequest): boolean {
  if (raw.complete) return false;
  return 'transfer-encoding' in headers || (headers['content-length'] ?? '0') !== '0';
}

/**
 * Answers a client that is still sending. Closed at once, its connection would be reset and the answer lost; so what comes
 * is thrown away for a moment, while the client reads.
 */
function linger({ raw, request }: FastifyReply, body: Buffer | string): void {
  raw.write(body);
  const end = (): void => void raw.end();
  const timer = setTimeout(end, LINGER_MS);
  raw.once('close', () => clearTimeout(timer));
  request.raw.once('end', end).resume();
}

function legalHeaders({ headers }: Answer): Record<string, string> | undefined {
  if (headers === undefined) return undefined;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerValue(value)]));
}

async function stream(
  reply: FastifyReply,
  answer: StreamAnswer,
  stopping: AbortSignal,
  broke: (error: unknown) => void,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(answer.code, {
    'content-type': answer.type,
    'cache-control': 'no-cache, private',
    ...legalHeaders(answer),
  });
  raw.flushHeaders();
  const left = new AbortController();
  const leave = (): void => left.abort();
  raw.once('close', leave);
  raw.once('error', leave);
  stopping.addEventListener('abort', leave, { once: true });
  try {
    // Also for a client that has left already: whoever writes may hold something that ends with it.
    if (raw.destroyed || stopping.aborted) leave();
    await answer.write(outStream(raw, left.signal));
    endSoon(raw);
  } catch (error) {
    broke(error);
    raw.destroy();
  } finally {
    stopping.removeEventListener('abort', leave);
  }
}

/** Ends an answer once its client has taken it all; one that takes nothing more is not waited for for ever. */
function endSoon(raw: FastifyReply['raw']): void {
  if (raw.destroyed) return;
  const timer = setTimeout(() => raw.destroy(), TAKEN_MS).unref();
  raw.once('close', () => clearTimeout(timer));
  raw.end();
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
  };
}
