import { subjects } from '@shiplog/contracts';
import type { HealthReport } from '@shiplog/contracts';
import { connect, createInbox, JSONCodec, type NatsConnection } from 'nats';
import { plainText } from '../system/plain-text';

const codec = JSONCodec<HealthReport>();

/** Anybody on the bus can answer, and what is answered goes to a terminal. */
function readReport(data: Uint8Array): HealthReport {
  const report = codec.decode(data);
  return { ...report, detail: plainText(String(report.detail)) };
}

/** Sees which services answer on the bus, as any operator could. */
export class HealthView {
  private constructor(private readonly connection: NatsConnection) {}

  static async open(natsUrl: string): Promise<HealthView> {
    const { username, password, host } = new URL(natsUrl);
    const credentials = username === '' ? {} : { user: username, pass: password };
    return new HealthView(
      await connect({
        servers: host,
        ...credentials,
        name: 'launcher',
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
      }),
    );
  }

  /** Asks every service at once. Resolves as soon as the wanted number has answered, or when time is up. */
  async ask(milliseconds: number, wanted = Number.POSITIVE_INFINITY): Promise<HealthReport[]> {
    const reports: HealthReport[] = [];
    const inbox = createInbox();
    const replies = this.connection.subscribe(inbox, { timeout: undefined });
    const timer = setTimeout(() => replies.unsubscribe(), milliseconds);
    this.connection.publish(subjects.healthAll, new Uint8Array(), { reply: inbox });
    for await (const reply of replies) {
      // NATS itself answers, with nothing, when no service listens.
      if (reply.data.length > 0) reports.push(readReport(reply.data));
      if (reports.length >= wanted) replies.unsubscribe();
    }
    clearTimeout(timer);
    return reports;
  }

  /** One instance's report, or undefined when it does not answer. */
  async of(service: string, instance: string): Promise<HealthReport | undefined> {
    try {
      return readReport(
        (await this.connection.request(subjects.health(service, instance), undefined, { timeout: 500 })).data,
      );
    } catch {
      return undefined; // Not there yet: that is the answer.
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
