import { Controller, Inject } from '@nestjs/common';
import { ProcessRequest } from '@shiplog/bus';
import { Health as HealthRequest, HealthOfAll, HealthOfService, type HealthReport } from '@shiplog/contracts';
import { HEALTH } from './tokens';

/** A service's own word on whether it does its work. */
export class Health {
  #ready = false;
  #detail = 'starting';

  constructor(
    private readonly service: string,
    private readonly instance: string,
  ) {}

  ready(detail: string): void {
    this.#ready = true;
    this.#detail = detail;
  }

  notReady(detail: string): void {
    this.#ready = false;
    this.#detail = detail;
  }

  /** Why the service does not do its work; undefined when it does. */
  get problem(): string | undefined {
    return this.#ready ? undefined : this.#detail;
  }

  report(): HealthReport {
    return {
      service: this.service,
      instance: this.instance,
      ready: this.#ready,
      detail: this.#detail,
      uptimeSeconds: Math.round(process.uptime()),
      rssBytes: process.memoryUsage.rss(),
      pid: process.pid,
    };
  }
}

/** Answers on the instance's own subject, on its service's, and on the one that all services answer. */
@Controller()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @ProcessRequest(HealthRequest)
  own(): HealthReport {
    return this.health.report();
  }

  @ProcessRequest(HealthOfService)
  ofService(): HealthReport {
    return this.health.report();
  }

  @ProcessRequest(HealthOfAll)
  ofAll(): HealthReport {
    return this.health.report();
  }
}
