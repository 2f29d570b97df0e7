import { parse as parseQuery } from 'node:querystring';
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { leavingSocket } from '../common/leaving';
import { Stopping } from '../common/stopping';
import type { UpgradeConnection } from '../common/web-socket';
import { SessionHandler } from '../handlers/sessions/session-handler';
import { upgradeKind, UpgradeRefused, type Upgrade } from '../handlers/sessions/upgrade';
import { withoutTokens } from '../authentication/protocol-token';
import { textAnswer, type BodyAnswer, type StreamAnswer } from '../rest/answer';
import { listOf } from '../rest/header-list';
import { originForm } from './absolute-form';
import { FailureFilter } from './failure-filter';
import type { Flow } from './flow-control/flow-control';
import { Gateway, type Admitted } from './gateway';
import { handOver } from './handover';
import { requestHead, type RequestHead } from './request-head';
import { countedStream } from './metrics/counted-stream';
import { RequestMetrics } from './metrics/request-metrics';
import { sendBody, sendStream, type Exchange } from './respond';
import { framingOf, type Framing } from './web-sockets/rules/framing';
import { abandon, sendOverWebSocket } from './web-sockets/web-socket-stream';

/** How long an idle connection of a session goes before the kernel asks whether the other side is there, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Requests that want their connection for something else than HTTP (Upgrade). They are judged by the gateway as all are, before
 * anything is switched. One that is for no session, and for no stream over a WebSocket, is answered as if it had not asked.
 */
@Injectable()
export class UpgradeListener implements OnModuleInit {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateway: Gateway,
    private readonly sessions: SessionHandler,
    private readonly failures: FailureFilter,
    private readonly metrics: RequestMetrics,
    private readonly stopping: Stopping,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      this.#take({ request, socket, head }).catch(this.#broke);
    });
  }

  async #take(connection: UpgradeConnection): Promise<void> {
    const { request } = connection;
    const asked = headOf(connection);
    const admitted = await this.gateway.admit(asked);
    hideTokens(request);
    if ('kind' in admitted) return this.#answer(connection, admitted);
    const { series, begun } = admitted;
    try {
      const resource = this.gateway.sessionOf(admitted);
      if (resource === undefined) await this.#other(connection, admitted);
      else await this.#session({ ...connection, resource }, admitted);
    } catch (error) {
      const answer = error instanceof UpgradeRefused ? error.answer : this.failures.answerTo(error, asked);
      series.ended(answer.code, (performance.now() - begun) / 1_000, 0);
      this.#answer(connection, answer, admitted.flow);
    } finally {
      admitted.leave();
    }
  }

  async #session(upgrade: Upgrade, { series, begun, leave }: Admitted): Promise<void> {
    keepAlive(upgrade);
    // What goes on for long takes seats only until it has begun.
    leave();
    series.running += 1;
    await this.sessions.serve(upgrade).finally(() => (series.running -= 1));
    series.ended(101, (performance.now() - begun) / 1_000, 0);
  }

  /** A stream goes over a WebSocket where one is asked for; all else is answered as if it had asked for nothing. */
  async #other(connection: UpgradeConnection, admitted: Admitted): Promise<void> {
    const answer = await this.gateway.answer(admitted, undefined);
    if (answer.kind === 'body') {
      this.#answer(connection, answer, admitted.flow);
      admitted.series.ended(answer.code, (performance.now() - admitted.begun) / 1_000, answer.body.length);
      return;
    }
    if (connection.socket.destroyed) return abandon(answer);
    const { handover } = answer;
    if (handover !== undefined) {
      keepAlive(connection);
      return countedStream(admitted, this.metrics, 101, () => handOver(connection, handover, this.stopping.signal));
    }
    const framing = await this.#framingOf(connection, answer);
    keepAlive(connection);
    await countedStream(admitted, this.metrics, framing === undefined ? answer.code : 101, (sent) =>
      framing === undefined
        ? sendStream(exchangeOn(connection, admitted.flow), answer, this.stopping.signal, { broke: this.#broke, sent })
        : sendOverWebSocket(connection, answer, framing, this.stopping.signal, { broke: this.#broke, sent }),
    );
  }

  /** How a stream goes over the WebSocket that is asked for; undefined where it goes over none. Throws UpgradeRefused. */
  async #framingOf({ request }: UpgradeConnection, answer: StreamAnswer): Promise<Framing | undefined> {
    if (answer.content === undefined || upgradeKind(request) !== 'websocket') return undefined;
    const framing = framingOf(answer.content, listOf(request.headers['sec-websocket-protocol']));
    if (!('code' in framing)) return framing;
    await abandon(answer);
    throw new UpgradeRefused(textAnswer(framing.code, framing.text));
  }

  #answer(connection: UpgradeConnection, answer: BodyAnswer, flow?: Flow): void {
    if (!connection.socket.destroyed) sendBody(exchangeOn(connection, flow), answer, true, this.#broke);
  }

  readonly #broke = (error: unknown): void => this.logger.error({ err: error }, 'a session was cut off');
}

interface KeepAlive {
  setKeepAlive(enable: boolean, milliseconds: number): void;
}

function keepAlive({ socket }: UpgradeConnection): void {
  if ('setKeepAlive' in socket) (socket as Duplex & KeepAlive).setKeepAlive(true, KEEP_ALIVE_MS);
}

/** Who asks is known: nobody else is told by which token. */
function hideTokens({ headers }: IncomingMessage): void {
  const offered = listOf(headers['sec-websocket-protocol']);
  const others = withoutTokens(offered);
  if (others.length < offered.length) headers['sec-websocket-protocol'] = others.join(', ');
}

/** Node has let go of the connection: an answer is written to it by hand, and ends it. */
function exchangeOn({ request, socket }: UpgradeConnection, flow: Flow | undefined): Exchange {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.once('finish', () => socket.end());
  return { request, response, flow };
}

function headOf({ request, socket }: UpgradeConnection): RequestHead {
  const url = originForm(request.url);
  const question = url.indexOf('?');
  const query = question < 0 ? {} : parseQuery(url.slice(question + 1));
  return requestHead(request, url, query, leavingSocket(socket));
}
