import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../../launcher/src/cluster';
import type { Endpoint } from '../load/https-client';
import type { BareOrder } from './bare-server';

/** Runs the bare server for as long as `use` takes. */
export async function withBareServer<T>(
  { home }: Cluster,
  answers: Omit<BareOrder, 'tls'>,
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const child = fork(join(__dirname, 'bare-server.js'), { serialization: 'advanced' });
  try {
    const tls = { key: readFileSync(home.at('pki', 'server.key')), cert: readFileSync(home.at('pki', 'server.crt')) };
    child.send({ tls, ...answers } satisfies BareOrder);
    const [port] = (await once(child, 'message')) as [number];
    return await use({ host: '127.0.0.1', port, ca: readFileSync(home.at('pki', 'ca.crt'), 'utf8'), token: 'none' });
  } finally {
    child.kill();
  }
}
