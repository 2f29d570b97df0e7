import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import type { Logger } from 'pino';
import type { Health } from './health';

export const BUS = Symbol('bus');
export const LOGGER = Symbol('logger');
export const CONFIG = Symbol('config');
export const HEALTH = Symbol('health');

/** What every service has from the start. */
export interface ServiceContext<C> {
  readonly service: string;
  readonly instance: string;
  readonly config: C;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly health: Health;
}

/** Makes the context injectable everywhere in a service: `@Inject(BUS) bus: Bus`. */
@Global()
@Module({})
export class ServiceModule {
  static of<C>(context: ServiceContext<C>): DynamicModule {
    const providers = [
      { provide: BUS, useValue: context.bus },
      { provide: LOGGER, useValue: context.logger },
      { provide: CONFIG, useValue: context.config },
      { provide: HEALTH, useValue: context.health },
    ];
    return { module: ServiceModule, providers, exports: providers };
  }
}
