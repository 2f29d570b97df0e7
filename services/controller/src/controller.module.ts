import { Module } from '@nestjs/common';
import type { Controller } from './runtime/domain/controller';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { ControllerService, RECONCILERS } from './controller.service';
import { CONTROLLERS, controllersProvider } from './controllers';
import { LiveWorld } from './runtime/live-world';
import { Reconciler } from './runtime/reconciler';
import { NodesModule } from './nodes/nodes.module';

const ACTOR = 'system:shiplog:controller';

/** The controller service: every controller of the cluster, each with what runs it, over one projection. */
@Module({
  imports: [NodesModule],
  providers: [
    ControllerService,
    LiveWorld,
    controllersProvider,
    {
      provide: RECONCILERS,
      inject: [CONTROLLERS, LiveWorld, LOGGER],
      useFactory: (controllers: readonly Controller[], world: LiveWorld, logger: Logger) =>
        controllers.map((one) => new Reconciler(one, world, logger, { actor: ACTOR })),
    },
  ],
})
export class ControllerModule {}
