import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import { RESOURCES } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { BUS, CONFIG, HEALTH, Leadership, LOGGER, type Health } from '@shiplog/service';
import type { Subscription } from 'nats';
import type { Logger } from 'pino';
import { allControllers } from './controllers';
import { Reconciler } from './frame/reconciler';
import type { World } from './frame/world';
import { STATIC_NEEDS, type StaticNeeds } from './needs';
import { Heartbeats } from './nodes/heartbeats';
import { keepListening } from './nodes/listening';
import type { ControllerConfig } from './settings';

const ACTOR = 'system:shiplog:controller';
/** Between attempts to catch up with the journal before leading. */
const RETRY_MS = 500;

/** Opens the projection and, on the one instance that leads, runs every controller over it. */
@Injectable()
export class ControllerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly heartbeats: Heartbeats;
  private stopListening: (() => void) | undefined;
  private readonly subscriptions: Subscription[] = [];
  private reconcilers: Reconciler[] = [];
  private projection: Projection | undefined;
  private leadership: Leadership | undefined;
  private leading = false;
  private stopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    @Inject(CONFIG) private readonly config: ControllerConfig,
    @Inject(STATIC_NEEDS) private readonly needs: StaticNeeds,
  ) {
    this.heartbeats = new Heartbeats(needs.nodeMonitorGraceMs / 2);
  }

  /** Comes back at once: the journal may take its time. */
  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    this.subscriptions.push(this.bus.onSignal('heartbeat', '*', ({ node }) => this.heartbeats.heard(node, Date.now())));
    const signEveryMs = Math.min(1_000, this.needs.nodeMonitorGraceMs / 8);
    this.stopListening = keepListening(this.bus, this.logger, signEveryMs, () => this.heartbeats.listening(Date.now()));
    this.run().catch((error: unknown) => {
      this.logger.fatal({ err: error }, 'the controllers could not start');
      process.exit(1);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.health.notReady('stopping');
    this.stopListening?.();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    await Promise.all(this.reconcilers.map((reconciler) => reconciler.stop()));
    this.leadership?.leave();
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
      clock: () => Date.now(),
      ask: async (key) => (await this.bus.query('object', { key })).object,
      upToDate: () => this.catchUp(projection),
    });
    const world = worldOf(this.bus, projection);
    this.reconcilers = controllers.map((one) => new Reconciler(one, world, this.logger, { actor: ACTOR }));
    this.leadership = await Leadership.join(this.bus, {
      role: 'controller',
      instance: this.config.instance,
      logger: this.logger,
      onChange: (leads) => void (leads ? this.lead(projection) : this.standBy()),
    });
    if (!this.leadership.leads) this.health.ready('stands by');
  }

  /** Begins on a state that has all that an instance before this one has written. */
  private async lead(projection: Projection): Promise<void> {
    this.leading = true;
    while (!(await this.hasCaughtUp(projection))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (!this.leading || this.stopped) return;
    for (const reconciler of this.reconcilers) reconciler.start();
    const names = this.reconcilers.map(({ controller }) => controller.name);
    this.health.ready(`leads with ${names.length} controllers`);
    this.logger.info({ position: projection.position, controllers: names }, 'controlling');
  }

  private async standBy(): Promise<void> {
    this.leading = false;
    this.health.ready('stands by');
    await Promise.all(this.reconcilers.map((reconciler) => reconciler.stop()));
  }

  /** True also when there is nothing more to wait for. */
  private async hasCaughtUp(projection: Projection): Promise<boolean> {
    if (!this.leading || this.stopped) return true;
    try {
      await this.catchUp(projection);
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'waits for the journal before leading');
      return false;
    }
  }

  private async catchUp(projection: Projection): Promise<void> {
    await projection.waitFor((await this.bus.query('position', {})).position);
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
    note: (note) => bus.signal('note', 'controller', note),
    now: () => Date.now(),
    newCommandId,
  };
}
