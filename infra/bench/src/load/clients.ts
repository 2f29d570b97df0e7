import { percentile } from '../figures';
import { HttpsClient, type Endpoint, type Reply } from './https-client';
import type { Rate } from './jobs';

/** One request of a client; undefined when it has nothing more to do. */
export type NextRequest = () => { method: string; path: string; body?: string } | undefined;

/** Counts answers and the time that each took. */
export class Tally {
  readonly #latencies: number[] = [];
  readonly #started = performance.now();
  #errors = 0;
  #firstError: string | undefined;

  /** @param milliseconds that an answer took */
  good(milliseconds: number): void {
    this.#latencies.push(milliseconds);
  }

  bad(reason: string): void {
    this.#errors++;
    this.#firstError ??= reason;
  }

  rate(): Rate {
    const seconds = (performance.now() - this.#started) / 1_000;
    const done = this.#latencies.length;
    return {
      done,
      errors: this.#errors,
      firstError: this.#firstError,
      seconds,
      perSecond: done / seconds,
      p50: percentile(this.#latencies, 0.5),
      p99: percentile(this.#latencies, 0.99),
    };
  }
}

/** Runs clients side by side, each with a connection of its own and one request at a time, until the time is up. */
export async function runClients(
  endpoint: Endpoint,
  clients: number,
  seconds: number,
  requestsOf: (client: number) => NextRequest,
): Promise<Rate> {
  const connections = await Promise.all(Array.from({ length: clients }, () => HttpsClient.open(endpoint)));
  const tally = new Tally();
  const until = performance.now() + seconds * 1_000;
  await Promise.all(connections.map((connection, client) => runClient(connection, requestsOf(client), until, tally)));
  const rate = tally.rate();
  for (const connection of connections) connection.close();
  return rate;
}

async function runClient(connection: HttpsClient, next: NextRequest, until: number, tally: Tally): Promise<void> {
  for (let now = performance.now(); now < until;) {
    const request = next();
    if (request === undefined) return;
    const reply = await connection.ask(request.method, request.path, request.body);
    const then = performance.now();
    if (reply.status >= 200 && reply.status < 300) tally.good(then - now);
    else tally.bad(describe(request.path, reply));
    now = then;
  }
}

function describe(path: string, { status }: Reply): string {
  return `${path} was answered ${status}`;
}
