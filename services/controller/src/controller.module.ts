import { serviceActor } from '@shiplog/contracts';
import { Module } from '@nestjs/common';
import type { Controller } from './runtime/domain/controller';
import { KubeletUsage, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { ControllerService, RECONCILERS } from './controller.service';
import { CONTROLLERS, controllersProvider } from './controllers';
import { KubeletMetrics } from './usage/kubelet-metrics';
import { LiveClient } from './runtime/live-client';
import { Reconciler } from './runtime/reconciler';
import { Turns } from './runtime/turns';
import { LivenessModule } from './liveness/liveness.module';
import { NodeVolumes } from './node-volumes';

const ACTOR = serviceActor('controller');

/** The controller service: every controller of the cluster, each with what runs it, over one projection. */
@Module({
  imports: [LivenessModule],
  providers: [
    ControllerService,
    LiveClient,
    KubeletUsage,
    KubeletMetrics,
    NodeVolumes,
    controllersProvider,
    {
      provide: RECONCILERS,
      inject: [CONTROLLERS, LiveClient, LOGGER],
      useFactory: (controllers: readonly Controller[], client: LiveClient, logger: Logger) => {
        const options = { actor: ACTOR, turns: new Turns() };
        return controllers.map((controller) => new Reconciler(controller, client, logger, options));
      },
    },
  ],
})
export class ControllerModule {}
