import { connectBus, type Bus, type Credentials } from '@shiplog/bus';
import { Health, HealthOfAll, type HealthReport } from '@shiplog/contracts';
import { OPERATOR } from '../nats/identities';
import { plainText } from '../system/plain-text';

/** What a service says of itself goes to a terminal. */
function readReport(report: HealthReport): HealthReport {
  return { ...report, detail: plainText(String(report.detail)) };
}

/** Sees which services answer on the bus, as an operator. */
export class HealthView {
  private constructor(readonly bus: Bus) {}

  static async open(url: string, credentials: Credentials | undefined): Promise<HealthView> {
    const onError = (): void => undefined; // What can't be read is no answer.
    return new HealthView(
      await connectBus({ url, name: 'launcher', identity: OPERATOR, credentials, onError, attempts: 3 }),
    );
  }

  /** Asks every service at once. Resolves as soon as the wanted number has answered, or when time is up. */
  async ask(milliseconds: number, wanted?: number): Promise<HealthReport[]> {
    return (await this.bus.askAll(HealthOfAll, {}, { milliseconds, wanted })).map(readReport);
  }

  /** One instance's report, or undefined when it does not answer. */
  async of(service: string, instance: string): Promise<HealthReport | undefined> {
    try {
      return readReport(await this.bus.ask(Health, {}, { service, instance }, { timeoutMs: 500 }));
    } catch {
      return undefined; // Not there yet: that is the answer.
    }
  }

  async close(): Promise<void> {
    await this.bus.close();
  }
}
