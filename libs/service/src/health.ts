import { subjects, type HealthReport } from '@shiplog/contracts';
import { toBytes, type Bus } from '@shiplog/bus';

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

  /** Answers on the service's own subject and on the one that all services answer. */
  serve(bus: Bus): void {
    for (const subject of [subjects.health(this.service, this.instance), subjects.healthAll]) {
      bus.connection.subscribe(subject, { callback: (_, message) => void message.respond(toBytes(this.report())) });
    }
  }
}
