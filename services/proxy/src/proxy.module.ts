import { Module } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { chooseBackend } from './choose-backend';
import { BACKEND, Proxy } from './proxy';
import type { ProxyConfig } from './settings';

/** Which backend works is tried when the proxy starts, and told where that fails. */
const backend = {
  provide: BACKEND,
  inject: [CONFIG, LOGGER],
  useFactory: (config: ProxyConfig, logger: Logger) => () => chooseBackend(config, logger),
};

/** The services of one node. */
@Module({ providers: [backend, Proxy] })
export class ProxyModule {}
