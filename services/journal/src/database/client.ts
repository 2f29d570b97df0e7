import { Client } from 'pg';

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
  await client.connect();
  return client;
}
