import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'nats';
import type { Cluster, Step } from '../cluster';
import { LauncherFailure, sentenceOf } from '../failure';
import { RANK } from '../processes/registry';
import { freePort } from '../system/ports';
import { programFromPackage } from '../system/debian';
import { findTool, hasApt } from '../system/tools';
import { waitUntil } from '../waiting';

/** Larger than the largest object of the API (1.5 MB) with room for a batch of them. */
const MAX_PAYLOAD = 8 * 1024 * 1024;

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
    await startServer(cluster, await findServer(cluster, say));
    return `at ${redacted(cluster.natsUrl)}`;
  },
};

async function findServer(cluster: Cluster, say: (what: string) => void): Promise<string> {
  const onPath = findTool('nats-server');
  if (onPath !== undefined) return onPath;
  if (hasApt()) {
    say("fetching Debian's nats-server");
    return programFromPackage('nats-server', 'usr/sbin/nats-server', cluster.settings.cache);
  }
  throw new LauncherFailure('There is no nats-server on the PATH.', howToGetNats());
}

function howToGetNats(): string {
  if (process.platform === 'darwin') return 'brew install nats-server';
  return 'docker run -d -p 127.0.0.1:4222:4222 nats:2 -js && NATS_URL=nats://127.0.0.1:4222 npm start';
}

async function startServer(cluster: Cluster, program: string): Promise<void> {
  const { home, layout } = cluster;
  const password = home.secret('nats');
  const host = cluster.mode.kind === 'minions' ? layout.hostAddress : '127.0.0.1';
  const listen = process.env.NATS_LISTEN || host;
  const port = await freePort(4222 + (cluster.mode.kind === 'minions' ? 0 : layout.slot), listen);
  const config = home.at('nats', 'server.conf');
  mkdirSync(home.at('nats', 'store'), { recursive: true });
  writeFileSync(config, serverConfig({ listen, port, password, store: home.at('nats', 'store') }), { mode: 0o600 });
  cluster.natsUrl = `nats://shiplog:${password}@${host}:${port}`;
  const spec = { name: 'nats', command: program, args: ['-c', config], log: home.log('nats'), rank: RANK.store };
  const managed = cluster.registry.start(spec);
  await waitUntil(() => ping(cluster.natsUrl), { what: 'NATS', within: 15_000, process: managed });
  writeFileSync(home.at('nats.url'), `${cluster.natsUrl}\n`, { mode: 0o600 });
}

function serverConfig(at: { listen: string; port: number; password: string; store: string }): string {
  return `listen: "${at.listen}:${at.port}"
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
