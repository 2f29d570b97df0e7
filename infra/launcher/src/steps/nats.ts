import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'nats';
import type { Cluster, Step } from '../cluster';
import { LauncherFailure, sentenceOf } from '../failure';
import { RANK } from '../processes/registry';
import { freePort } from '../system/ports';
import { succeeds } from '../system/run';
import { waitUntil } from '../waiting';
import { findNatsServer, listensOn, natsCommand, natsContainer, type NatsServer } from './nats-server';

/** Larger than the largest object of the API (1.5 MB) with room for a batch of them. */
const MAX_PAYLOAD = 8 * 1024 * 1024;

const START_MS = 15_000;
/** A container's image may have to be pulled first. */
const PULL_MS = 120_000;

/** The message bus: the user's, or a NATS server of our own with a password of its own. */
export const nats: Step = {
  title: 'NATS',
  async run(cluster, say) {
    const { natsUrl } = cluster.settings;
    if (natsUrl !== undefined) {
      await ping(natsUrl).catch((error: unknown) => {
        throw new LauncherFailure(
          `NATS_URL is ${redacted(natsUrl)}, and no NATS answers there: ${sentenceOf(error)}.`,
          'unset NATS_URL, or start that server',
        );
      });
      cluster.natsUrl = natsUrl;
      return `at ${redacted(natsUrl)}`;
    }
    await startServer(cluster, await findNatsServer(cluster, say));
    return `at ${redacted(cluster.natsUrl)}`;
  },
};

async function startServer(cluster: Cluster, server: NatsServer): Promise<void> {
  const { home, layout } = cluster;
  const password = home.secret('nats');
  const host = cluster.mode.kind === 'minions' ? layout.hostAddress : '127.0.0.1';
  const listen = process.env.NATS_LISTEN || host;
  const port = await freePort(4222 + (cluster.mode.kind === 'minions' ? 0 : layout.slot), listen);
  const config = home.at('nats', 'server.conf');
  mkdirSync(home.at('nats', 'store'), { recursive: true });
  const place = { listen, port, folder: home.at('nats'), config, slot: layout.slot };
  const text = serverConfig({ listen: listensOn(server, place), password, store: home.at('nats', 'store') });
  writeFileSync(config, text, { mode: 0o600 });
  cluster.natsUrl = `nats://shiplog:${password}@${host}:${port}`;
  const command = natsCommand(server, place);
  // A container outlives a launcher that was killed, and would hold its name and port.
  if (server.kind === 'container')
    await succeeds('docker', ['rm', '-f', natsContainer(layout.slot)], { env: command.env });
  const managed = cluster.registry.start({ name: 'nats', ...command, log: home.log('nats'), rank: RANK.store });
  const within = server.kind === 'container' ? PULL_MS : START_MS;
  await waitUntil(() => ping(cluster.natsUrl), { what: 'NATS', within, process: managed });
  writeFileSync(home.at('nats.url'), `${cluster.natsUrl}\n`, { mode: 0o600 });
}

function serverConfig(at: { listen: string; password: string; store: string }): string {
  return `listen: "${at.listen}"
server_name: shiplog
max_payload: ${MAX_PAYLOAD}
max_pending: ${128 * 1024 * 1024}
jetstream { store_dir: "${at.store}", max_memory_store: 64MB, max_file_store: 4GB }
authorization { users: [{ user: shiplog, password: "${at.password}" }] }
`;
}

async function ping(url: string): Promise<true> {
  const { username, password, host } = new URL(url);
  const connection = await connect({
    servers: host,
    user: username || undefined,
    pass: password || undefined,
    timeout: 2_000,
    reconnect: false,
  });
  await connection.close();
  return true;
}

/** An address without its password, for the screen. */
export function redacted(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//');
}
