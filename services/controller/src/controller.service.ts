import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import { RESOURCES } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { BUS, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Subscription } from 'nats';
import type { Logger } from 'pino';
import { allControllers } from './controllers';
import { Reconciler, type World } from './frame/reconciler';
import { STATIC_NEEDS, type StaticNeeds } from './needs';
import { Heartbeats } from './nodes/heartbeats';

const ACTOR = 'system:shiplog:controller';

/** Opens the projection and runs every controller over it. */
@Injectable()
export class ControllerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly heartbeats = new Heartbeats();
  private readonly subscriptions: Subscription[] = [];
  private reconcilers: Reconciler[] = [];
  private projection: Projection | undefined;
  private stopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    @Inject(STATIC_NEEDS) private readonly needs: StaticNeeds,
  ) {}

  /** Comes back at once: the journal may take its time. */
  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    this.subscriptions.push(
      this.bus.onSignal('heartbeat', '*', ({ node }) => this.heartbeats.heard(node, Date.now())),
      this.bus.onSignal('head', '*', () => this.heartbeats.alive(Date.now())),
    );
    this.run().catch((error: unknown) => {
      this.logger.fatal({ err: error }, 'the controllers could not start');
      process.exit(1);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.health.notReady('stopping');
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    await Promise.all(this.reconcilers.map((reconciler) => reconciler.stop()));
    await this.projection?.close();
  }

  private async run(): Promise<void> {
    const channels = RESOURCES.map((row) => ({ resource: row.id }));
    const projection = await Projection.open(this.bus, { channels, logger: this.logger });
    this.projection = projection;
    if (this.stopped) return projection.close();
    const controllers = allControllers({
      ...this.needs,
      heartbeats: this.heartbeats,
      ask: async (key) => (await this.bus.query('object', { key })).object,
      upToDate: async () => projection.waitFor((await this.bus.query('position', {})).position),
    });
    const world = worldOf(this.bus, projection);
    this.reconcilers = controllers.map((one) => new Reconciler(one, world, this.logger, { actor: ACTOR }));
    for (const reconciler of this.reconcilers) reconciler.start();
    this.health.ready(`${controllers.length} controllers`);
    this.logger.info(
      { position: projection.position, controllers: controllers.map(({ name }) => name) },
      'controlling',
    );
  }
}

function worldOf(bus: Bus, projection: Projection): World {
  return {
    get position() {
      return projection.position;
    },
    state: projection.state,
    onApplied: (listener) => projection.onApplied(listener),
    command: (command) => bus.command(command),
    now: () => Date.now(),
    newCommandId,
  };
}
