import { METHODS, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { statusOf } from '@shiplog/apimachinery';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { leavingResponse } from '../common/leaving';
import { Stopping } from '../common/stopping';
import type { ApiConfig } from '../settings';
import { FailureFilter } from './failure-filter';
import { statusAnswer, type BodyAnswer, type StreamAnswer } from '../rest/answer';
import { statusOfFailure } from '../common/failures';
import { gzipped, isWorthGzip } from './content-encoding';
import { Gateway, type Admitted } from './gateway';
import { closeSessionsOf, headerBytes, speakHttp2 } from './http2';
import { MAX_HEADER_BYTES } from './limits';
import { countedStream } from './metrics/counted-stream';
import { RequestMetrics } from './metrics/request-metrics';
import { isHttp2, readBody } from './request-body';
import { requestHead, type RequestHead } from './request-head';
import { sendBody, sendStream, type Exchange } from './respond';
import { HEADERS_TOO_LARGE } from './unreadable-requests';

/** Methods that Fastify does not know by itself. CONNECT never comes here: it asks for a tunnel. */
const FURTHER_METHODS = METHODS.filter((method) => method !== 'CONNECT');

const KNOWN_METHODS: ReadonlySet<string | undefined> = new Set(METHODS);

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
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'maxConnections' | 'requestTimeout'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateway: Gateway,
    private readonly failures: FailureFilter,
    private readonly metrics: RequestMetrics,
    private readonly stopping: Stopping,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const http = this.host.httpAdapter.getHttpServer() as Server;
    http.maxConnections = this.config.maxConnections;
    const server: FastifyInstance = this.host.httpAdapter.getInstance();
    const { requestTimeout } = this.config;
    const limits = { maxHeaderListSize: 2 * MAX_HEADER_BYTES, requestTimeout };
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      KNOWN_METHODS.has(request.method) ? server.routing(request, response) : this.#refuseMethod({ request, response });
    closeSessionsOf(speakHttp2(http, handle, limits), this.stopping.signal);
    for (const method of FURTHER_METHODS) {
      if (!server.supportedMethods.includes(method)) server.addHttpMethod(method, { hasBody: true });
    }
    server.decorateRequest('admitted', null);
    // Also for what no route takes.
    server.addHook('onRequest', (request, reply, done) => this.#admit(request, reply, done));
    server.route({
      method: server.supportedMethods,
      url: '/*',
      // Fastify's own reading of a body makes an async context for each: a twelfth of all that the api does for a create.
      preParsing: (request, reply) => void this.#answer(request, reply),
      handler: () => {
        throw new Error('a request came past its answer');
      },
    });
  }

  /** HTTP/1.1 does not even read such a request. */
  #refuseMethod(exchange: Exchange): void {
    sendBody(exchange, statusAnswer(statusOf.methodNotAllowed()), this.stopping.signal.aborted, this.#broke);
  }

  #admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (isHttp2(request.raw) && headerBytes(request.raw) > MAX_HEADER_BYTES) {
      return this.#send(reply, statusAnswer(HEADERS_TOO_LARGE));
    }
    const admitted = this.gateway.admit(headOf(request, reply));
    if (!(admitted instanceof Promise)) return this.#goOn(request, reply, admitted, done);
    let isLeft = false;
    reply.raw.once('close', () => (isLeft = true));
    void admitted.then((settled) => {
      if (!isLeft) this.#goOn(request, reply, settled, done);
      else if (!('kind' in settled)) settled.leave();
    });
  }

  #goOn(request: FastifyRequest, reply: FastifyReply, admitted: Admitted | BodyAnswer, done: () => void): void {
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
      if (answer.kind === 'stream') await this.#stream(reply, answer, admitted);
      else if (!isWorthGzip(answer, request.headers['accept-encoding'])) this.#send(reply, answer);
      else this.#send(reply, await gzipped(answer));
    } catch (error) {
      this.#send(reply, this.failures.answerTo(error, headOf(request, reply)));
    }
  }

  #send(reply: FastifyReply, answer: BodyAnswer): void {
    // Past Fastify, which would add a charset to the media types that clients compare.
    reply.hijack();
    const { admitted, raw: request } = reply.request;
    const exchange = { request, response: reply.raw, flow: admitted?.flow };
    sendBody(exchange, answer, this.stopping.signal.aborted, this.#broke);
    if (admitted !== null) admitted.series.ended(answer.code, secondsOf(admitted), answer.body.length);
  }

  async #stream(reply: FastifyReply, answer: StreamAnswer, admitted: Admitted): Promise<void> {
    reply.hijack();
    const exchange = { request: reply.request.raw, response: reply.raw, flow: admitted.flow };
    await countedStream(admitted, this.metrics, answer.code, (sent) =>
      sendStream(exchange, answer, this.stopping.signal, { broke: this.#broke, sent }),
    );
  }

  readonly #broke = (error: unknown): void => this.logger.error({ err: error }, 'an answer was cut off');
}

function secondsOf({ begun }: Admitted): number {
  return (performance.now() - begun) / 1_000;
}

/** The answer to what Fastify can't even route: a broken URL, say. */
export function answerUnroutable(error: unknown, reply: FastifyReply): void {
  const status = statusOfFailure(error) ?? statusOf.badRequest('the request is malformed');
  reply.hijack();
  sendBody({ request: reply.request.raw, response: reply.raw }, statusAnswer(status), true, () => undefined);
}

function headOf(request: FastifyRequest, reply: FastifyReply): RequestHead {
  const query = request.query as RequestHead['query'];
  return requestHead(request.raw, request.raw.url ?? '/', query, leavingResponse(reply.raw));
}
