import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Bus, NatsTransport } from '@shiplog/bus';
import type { Logger } from 'pino';
import { HealthController, type Health } from './health';
import { StatusFilter } from './status-filter';
import { BUS, CONFIG, HEALTH, LOGGER, TRANSPORT } from './tokens';

/** What every service has from the start. */
export interface ServiceContext<C> {
  readonly config: C;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly health: Health;
  readonly transport: NatsTransport;
}

/** Makes the context injectable everywhere in a service, and answers for its health. */
@Global()
@Module({})
export class ServiceModule {
  static forRoot<C>(context: ServiceContext<C>): DynamicModule {
    const providers = [
      { provide: BUS, useValue: context.bus },
      { provide: LOGGER, useValue: context.logger },
      { provide: CONFIG, useValue: context.config },
      { provide: HEALTH, useValue: context.health },
      { provide: TRANSPORT, useValue: context.transport },
    ];
    const filter = { provide: APP_FILTER, useClass: StatusFilter };
    return {
      module: ServiceModule,
      controllers: [HealthController],
      providers: [...providers, filter],
      exports: providers,
    };
  }
}
