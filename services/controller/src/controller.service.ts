import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { background, BUS, CONFIG, HEALTH, Leadership, LOGGER, type Health } from '@shiplog/service';
import { pause } from '@shiplog/wait';
import type { Logger } from 'pino';
import { LiveClient } from './runtime/live-client';
import type { Reconciler } from './runtime/reconciler';
import type { ControllerConfig } from './settings';

/** Injects what runs the controllers, one for each. */
export const RECONCILERS = Symbol('reconcilers');

/** Between attempts to catch up with the journal before leading. */
const RETRY_MS = 500;

/** The service's life: the state is loaded, and on the one instance that leads every controller runs over it. */
@Injectable()
export class ControllerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private leadership: Leadership | undefined;
  private leading = false;
  private stopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    @Inject(CONFIG) private readonly config: ControllerConfig,
    @Inject(RECONCILERS) private readonly reconcilers: readonly Reconciler[],
    private readonly client: LiveClient,
  ) {}

  /** Comes back at once: the journal may take its time. */
  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    background(this.run(), { logger: this.logger, health: this.health });
  }

  /** Before the state goes: what is being reconciled comes to its end on it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.health.notReady('stopping');
    await this.stopReconcilers();
    this.leadership?.leave();
  }

  private async run(): Promise<void> {
    await this.client.open();
    if (this.stopped) return;
    this.leadership = await Leadership.join(this.bus, {
      instance: this.config.instance,
      logger: this.logger,
      onChange: (leads) => void (leads ? this.lead() : this.standBy()),
    });
    if (this.stopped) return this.leadership.leave();
    if (!this.leadership.leads) this.health.ready('stands by');
  }

  /** Begins on a state that has all that an instance before this one has written. */
  private async lead(): Promise<void> {
    this.leading = true;
    while (!(await this.hasCaughtUp())) await pause(RETRY_MS);
    if (!this.leading || this.stopped) return;
    for (const reconciler of this.reconcilers) reconciler.start();
    const names = this.reconcilers.map(({ controller }) => controller.name);
    this.health.ready(`leads with ${names.length} controllers`);
    this.logger.info({ position: this.client.position, controllers: names }, 'controlling');
  }

  private async standBy(): Promise<void> {
    this.leading = false;
    if (!this.stopped) this.health.ready('stands by');
    await this.stopReconcilers();
  }

  /** True also when there is nothing more to wait for. */
  private async hasCaughtUp(): Promise<boolean> {
    if (!this.leading || this.stopped) return true;
    try {
      await this.client.upToDate();
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'waits for the journal before leading');
      return false;
    }
  }

  private async stopReconcilers(): Promise<void> {
    await Promise.all(this.reconcilers.map((reconciler) => reconciler.stop()));
  }
}
