import { Client } from 'pg';

/** A connection of its own, in UTC; `onError` hears when it breaks while idle. */
export async function connectClient(url: string, name: string, onError: (error: Error) => void): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: `shiplog ${name}`,
    options: '-c timezone=UTC -c datestyle=ISO',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', onError);
  await client.connect();
  return client;
}
