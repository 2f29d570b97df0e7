import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { networkInterfaces, hostname } from 'node:os';
import { isIP } from 'node:net';
import { connectNats } from '@shiplog/bus';
import type { Identity } from '@shiplog/contracts';
import type { Cluster, Step } from '../cluster';
import { LauncherFailure, sentenceOf } from '../failure';
import type { ManagedProcess } from '../processes/managed-process';
import { RANK } from '../processes/registry';
import { writeOwn } from '../runtime-folder';
import { serviceUser } from '../services/service-user';
import { freePort } from '../system/ports';
import { run, succeeds } from '../system/run';
import { waitUntil } from '../waiting';
import { identitiesOf, isHollowProcess, OPERATOR } from './identities';
import { credentialSettings } from './nats-access';
import { findNatsServer, listensOn, natsCommand, natsContainer, type NatsServer } from './nats-server';
import { Roster } from './roster';
import { ACCOUNT, renderServerConfig, type NatsUser } from './server-config';

const START_MS = 15_000;
/** A container's image may have to be pulled first. */
const PULL_MS = 120_000;
/** Under this name, too, the server's certificate is good. */
const SERVER_NAME = 'nats.shiplog';
/** What the certificate of the server calls it; HomePki tells of its renewal by this name. */
const BEARER = 'shiplog-nats';

/** The message bus: the user's, or a NATS server of our own with a user, an nkey and a certificate for each process. */
export const nats: Step = {
  title: 'NATS',
  async run(cluster, say) {
    const { natsUrl } = cluster.settings;
    if (natsUrl !== undefined) {
      cluster.natsUrl = natsUrl;
      await ping(cluster).catch((error: unknown) => {
        throw new LauncherFailure(
          `NATS_URL is ${redacted(natsUrl)}, and no NATS answers there: ${sentenceOf(error)}.`,
          'unset NATS_URL, or start that server',
        );
      });
      return `at ${redacted(natsUrl)}`;
    }
    cluster.ownNats = await OwnNats.start(cluster, await findNatsServer(cluster, say));
    return `at ${cluster.natsUrl}`;
  },
};

/** The NATS server of a cluster, and who may connect to it. */
export class OwnNats {
  readonly guests: Roster;
  #own: NatsUser[] = [];
  #managed: ManagedProcess | undefined;

  private constructor(
    private readonly cluster: Cluster,
    private readonly server: NatsServer,
    private readonly place: { readonly listen: string; readonly host: string; readonly port: number },
  ) {
    this.guests = new Roster(cluster.home.at('nats', 'roster.json'));
    cluster.pki.onRenewed((names) => {
      if (names.includes(BEARER)) void this.reload();
    });
  }

  static async start(cluster: Cluster, server: NatsServer): Promise<OwnNats> {
    const host = cluster.mode.kind === 'minions' ? cluster.layout.hostAddress : '127.0.0.1';
    const listen = process.env.NATS_LISTEN || host;
    const first = 4222 + (cluster.mode.kind === 'minions' ? 0 : cluster.layout.slot);
    const nats = new OwnNats(cluster, server, { listen, host, port: await freePort(first, listen) });
    await nats.#start();
    return nats;
  }

  /** Where other machines reach it: not only this one's minions, where NATS_LISTEN says so. */
  async outerUrl(): Promise<string> {
    const { listen, host, port } = this.place;
    return `tls://${listen === '0.0.0.0' ? ((await addressOnDefaultRoute()) ?? host) : listen}:${port}`;
  }

  /** Gives an identity of this machine credentials of its own, and lets it in. */
  async admit(...identities: readonly Identity[]): Promise<void> {
    for (const identity of identities) {
      const nkey = await this.cluster.natsAccess.provide(identity);
      const { slot, hollowNodes } = this.cluster.layout;
      const isHollow = isHollowProcess(identity);
      const user = serviceUser(isHollow ? 'hollow' : identity.role, slot);
      if (user !== undefined) this.cluster.natsAccess.handTo(identity, user);
      const admitted = { ...identity, nkey, ...(isHollow ? { hollowNodes } : {}) };
      this.#own = [...this.#own.filter((user) => user.nkey !== nkey), admitted];
    }
    if (this.#managed !== undefined) await this.reload();
  }

  /** Writes the configuration and has the server read it: users that are kept stay connected, others are cut off. */
  async reload(): Promise<void> {
    await this.#configure();
    const state = this.#managed?.state;
    if (this.server.kind === 'container') {
      const env = { DOCKER_HOST: this.server.dockerHost };
      await run('docker', ['kill', '--signal', 'HUP', natsContainer(this.cluster.layout.slot)], { env });
    } else if (state?.kind === 'running') process.kill(state.identity.pid, 'SIGHUP');
  }

  async #start(): Promise<void> {
    const { cluster, server, place } = this;
    const { home, layout } = cluster;
    mkdirSync(home.at('nats', 'store'), { recursive: true, mode: 0o700 });
    moveFormerStore(home.at('nats', 'store', 'jetstream'));
    await this.admit(...identitiesOf(cluster));
    await this.#configure();
    cluster.natsUrl = `tls://${place.host}:${place.port}`;
    const command = natsCommand(server, {
      listen: place.listen,
      port: place.port,
      folder: home.at('nats'),
      config: this.#configFile,
      slot: layout.slot,
      mounts: [home.at('pki', 'nats.crt'), home.at('pki', 'nats.key'), home.at('pki', 'ca.crt')],
    });
    // A container outlives a launcher that was killed, and would hold its name and port.
    if (server.kind === 'container')
      await succeeds('docker', ['rm', '-f', natsContainer(layout.slot)], { env: command.env });
    this.#managed = cluster.registry.start({ name: 'nats', ...command, log: home.log('nats'), rank: RANK.store });
    const within = server.kind === 'container' ? PULL_MS : START_MS;
    await waitUntil(() => ping(cluster), { name: 'NATS', within, process: this.#managed });
    writeOwn(home.at('nats.url'), `${cluster.natsUrl}\n`);
  }

  async #configure(): Promise<void> {
    const { home, pki } = this.cluster;
    const bearer = { commonName: BEARER, names: this.#names(), usage: ['server' as const] };
    const { certificate, key, authority } = await pki.kept('nats', bearer);
    const text = renderServerConfig({
      listen: listensOn(this.server, this.place),
      store: home.at('nats', 'store'),
      certificate,
      key,
      authority,
      users: [...this.#own, ...this.guests.all()],
    });
    writeOwn(this.#configFile, text);
  }

  get #configFile(): string {
    return this.cluster.home.at('nats', 'server.conf');
  }

  /** Every name and address under which it is reached: from here, from minions, and from machines that join. */
  #names(): string[] {
    const { listen, host } = this.place;
    const outer = listen === '0.0.0.0' ? [...ownAddresses(), hostname()] : [listen];
    return [...new Set([SERVER_NAME, 'localhost', '127.0.0.1', host, ...outer])];
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, internal }) => !internal && isIP(address) === 4)
    .map(({ address }) => address);
}

/** Where machines beyond this one's own bridges reach it; undefined when it has no way out. */
async function addressOnDefaultRoute(): Promise<string | undefined> {
  const routes = JSON.parse(await run('ip', ['-j', 'route', 'show', 'default'])) as {
    dev?: string;
    prefsrc?: string;
  }[];
  const [first] = routes;
  const addresses = networkInterfaces()[first?.dev ?? ''] ?? [];
  return first?.prefsrc ?? addresses.find(({ address }) => isIP(address) === 4)?.address;
}

/** Streams made before there were accounts are in the folder of the global one. */
function moveFormerStore(jetstream: string): void {
  const [former, own] = [`${jetstream}/$G`, `${jetstream}/${ACCOUNT}`];
  if (existsSync(former) && !existsSync(own)) renameSync(former, own);
}

/** Connects as the launcher and leaves again. */
async function ping(cluster: Cluster): Promise<true> {
  const connection = await connectNats({
    url: cluster.natsUrl,
    name: 'launcher',
    identity: OPERATOR,
    credentials: cluster.operatorCredentials,
    attempts: 1,
  });
  await connection.close();
  return true;
}

/** What lets a process of this cluster into NATS, as its settings. */
export function natsSettings(cluster: Cluster, identity: Identity): Record<string, string> {
  const own = cluster.settings.natsUrl === undefined;
  return {
    NATS_URL: cluster.natsUrl,
    ...(own ? credentialSettings(cluster.natsAccess.files(identity)) : {}),
  };
}

/** An address, or several, without user and password, for the screen: up to the last `@`, as URLs are read. */
export function redacted(address: string): string {
  return address.replace(/\/\/[^/]*@/g, '//');
}
