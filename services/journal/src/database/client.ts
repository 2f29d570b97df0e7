import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientBase, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';

/** Every session's options: UTC, and times written as event-row.ts reads them. */
export const SESSION = '-c timezone=UTC -c datestyle=ISO';

/** A connection of its own, in UTC; `onError` hears when it breaks while idle. */
export async function connectClient(url: string, name: string, onError: (error: Error) => void): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: `shiplog ${name}`,
    options: SESSION,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', onError);
  try {
    await client.connect();
  } catch (error) {
    breakClient(client);
    throw error;
  }
  return client;
}

/** How long a server that may be unreachable is waited for when a connection to it is given up. */
const GOODBYE_MS = 1_000;

/** Ends a connection in order, or breaks it where the other side does not answer: it would be waited for, for ever. */
export async function endClient(client: Client): Promise<void> {
  const waited = new AbortController();
  const late = delay(GOODBYE_MS, 'late', { signal: waited.signal, ref: false }).catch(() => 'ended');
  if ((await Promise.race([client.end(), late])) === 'late') breakClient(client);
  waited.abort();
}

/** Breaks a connection at once: all that waits for an answer on it fails. */
export function breakClient(client: ClientBase): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  connection.stream.destroy();
}

/** Asks and fails after a while: a connection that was cut without a word never tells. */
export function queryWithin<R extends QueryResultRow>(
  client: ClientBase,
  milliseconds: number,
  text: string,
  values: unknown[] = [],
): Promise<QueryResult<R>> {
  const config: QueryConfig & { query_timeout: number } = { text, values, query_timeout: milliseconds };
  return client.query<R>(config);
}
