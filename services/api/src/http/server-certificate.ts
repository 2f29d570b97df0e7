import type { Server } from 'node:https';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { ApiConfig } from '../settings';
import type { ReloadedFiles } from '../common/reloaded-files';
import { certificateFiles } from './tls';

/** Gives the server its new certificate when the files change; connections that are open keep the old one. */
@Injectable()
export class ServerCertificate implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #files: ReloadedFiles<SecureContextOptions>;

  constructor(@Inject(CONFIG) config: ApiConfig, @Inject(LOGGER) logger: Logger, host: HttpAdapterHost) {
    const server = host.httpAdapter.getHttpServer() as Server;
    this.#files = certificateFiles(config, logger, (context) => server.setSecureContext(context));
    // The files may have changed since the server was made.
    server.setSecureContext(this.#files.value);
  }

  onApplicationBootstrap(): void {
    this.#files.watch();
  }

  onApplicationShutdown(): void {
    this.#files.close();
  }
}
