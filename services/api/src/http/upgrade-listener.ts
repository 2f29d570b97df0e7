import { parse as parseQuery } from 'node:querystring';
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { Stopping } from '../common/stopping';
import { SessionHandler } from '../handlers/sessions/session-handler';
import { UpgradeRefused } from '../handlers/sessions/upgrade';
import type { Answer } from '../rest/answer';
import { originForm } from './absolute-form';
import { FailureFilter } from './failure-filter';
import type { Flow } from './flow-control/flow-control';
import { Gateway, type Admitted, type RequestHead } from './gateway';
import { requestHead } from './request-head';
import { sendBody, sendStream } from './respond';

/** How long an idle connection of a session goes before the kernel asks whether the other side is there, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Requests that want their connection for something else than HTTP (Upgrade). They are judged by the gateway as all are, before
 * anything is switched. One that is for no session is answered as if it had not asked.
 */
@Injectable()
export class UpgradeListener implements OnModuleInit {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateway: Gateway,
    private readonly sessions: SessionHandler,
    private readonly failures: FailureFilter,
    private readonly stopping: Stopping,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      this.#take(request, socket, head).catch(this.#broke);
    });
  }

  async #take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const asked = headOf(request);
    const admitted = await this.gateway.admit(asked);
    if ('kind' in admitted) return this.#answer(request, socket, admitted);
    const { series, begun } = admitted;
    try {
      const resource = this.gateway.sessionOf(admitted);
      if (resource === undefined) return await this.#asPlain(request, socket, admitted);
      if ('setKeepAlive' in socket) (socket as Duplex & KeepAlive).setKeepAlive(true, KEEP_ALIVE_MS);
      // What goes on for long takes seats only until it has begun.
      admitted.leave();
      series.running += 1;
      await this.sessions.serve({ request, socket, head, resource }).finally(() => (series.running -= 1));
      series.ended(101, (performance.now() - begun) / 1_000, 0);
    } catch (error) {
      const answer = error instanceof UpgradeRefused ? error.answer : this.failures.answerTo(error, asked);
      series.ended(answer.code, (performance.now() - begun) / 1_000, 0);
      await this.#answer(request, socket, answer, admitted.flow);
    } finally {
      admitted.leave();
    }
  }

  async #asPlain(request: IncomingMessage, socket: Duplex, admitted: Admitted): Promise<void> {
    await this.#answer(request, socket, await this.gateway.answer(admitted, undefined), admitted.flow);
  }

  /** Node has let go of the connection: the answer is written to it by hand, and ends it. */
  async #answer(request: IncomingMessage, socket: Duplex, answer: Answer, flow?: Flow): Promise<void> {
    if (socket.destroyed) return;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    response.once('finish', () => socket.end());
    const exchange = { request, response, flow };
    if (answer.kind === 'body') return sendBody(exchange, answer, true, this.#broke);
    await sendStream(exchange, answer, this.stopping.signal, { broke: this.#broke, sent: () => undefined });
  }

  readonly #broke = (error: unknown): void => this.logger.error({ err: error }, 'a session was cut off');
}

interface KeepAlive {
  setKeepAlive(enable: boolean, milliseconds: number): void;
}

function headOf(request: IncomingMessage): RequestHead {
  const url = originForm(request.url);
  const question = url.indexOf('?');
  return requestHead(request, url, question < 0 ? {} : parseQuery(url.slice(question + 1)));
}
