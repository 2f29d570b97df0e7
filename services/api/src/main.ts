import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { runService } from '@shiplog/service';
import type { FastifyReply } from 'fastify';
import { ApiModule } from './api.module';
import { listenElsewhere } from './http/listen-elsewhere';
import { originForm } from './http/absolute-form';
import { answerUnroutable } from './http/http-listener';
import { MAX_HEADER_BYTES } from './http/limits';
import { certificateFiles } from './http/tls';
import { answerUnreadable } from './http/unreadable-requests';
import { apiSettings } from './settings';

/** How long a client may take for the TLS handshake and for a request's headers, in milliseconds. */
const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 20_000;
/** How often it is looked whether one took longer. */
const CHECK_MS = 5_000;

void runService({
  service: 'api',
  settings: apiSettings,
  module: ApiModule,
  createHttp: async (root, { config, logger, transport }, nestLogger) => {
    const adapter = new FastifyAdapter({
      https: {
        ...certificateFiles(config, logger).value,
        // Who shows none, or a wrong one, is told so by an answer.
        requestCert: config.clientCaFile !== '',
        rejectUnauthorized: false,
        // HTTP/2 is spoken too, by what the listener adds.
        ALPNProtocols: ['h2', 'http/1.1'],
        maxHeaderSize: MAX_HEADER_BYTES,
        handshakeTimeout: HANDSHAKE_MS,
        headersTimeout: Math.min(HEADERS_MS, config.requestTimeout),
        connectionsCheckingInterval: Math.min(CHECK_MS, config.requestTimeout),
      },
      // Of the request alone: a watch or a log may be answered as long as it likes.
      requestTimeout: config.requestTimeout,
      // Nest's middleware is not used, and would cost every request a turn.
      skipMiddie: true,
      // Long enough for the connections that client libraries keep between requests.
      keepAliveTimeout: 90_000,
      // Requests under way are answered before the server stops; streams end by themselves then.
      forceCloseConnections: 'idle',
      rewriteUrl: ({ url }: { url?: string }) => originForm(url),
      clientErrorHandler: answerUnreadable,
      frameworkErrors: (error: unknown, _request: unknown, reply: unknown) =>
        answerUnroutable(error, reply as FastifyReply),
    });
    const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
      logger: nestLogger,
      bodyParser: false,
      abortOnError: false,
    });
    app.connectMicroservice({ strategy: transport }, { inheritAppConfig: true });
    await app.startAllMicroservices();
    const [first = '127.0.0.1', ...others] = config.host.split(',');
    await app.listen(config.port, first);
    await listenElsewhere(app.getHttpServer(), others);
    logger.info({ address: await app.getUrl() }, 'listening');
    return app;
  },
});
