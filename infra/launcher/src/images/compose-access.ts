import { copyFileSync } from 'node:fs';
import type { Role } from '@shiplog/contracts';
import type { Cluster } from '../cluster';
import { identitiesOf } from '../nats/identities';
import { renderServerConfig, type NatsUser } from '../nats/server-config';
import { makeOwnFolder, writeOwn } from '../runtime-folder';
import { certificates } from '../steps/certificates';
import { letRead } from '../services/service-user';
import { isRoot } from '../system/tools';
import { containerUser, type Service } from './container-user';
import { SERVICES } from './service-images';

/** Under this name the services of docker-compose.dev.yml reach the server. */
const NATS_HOST = 'nats';
/** Where its container sees the folder that is made here, and its store. */
const NATS_FOLDER = '/nats';
const NATS_STORE = '/data';

/**
 * Makes what docker-compose.dev.yml mounts, as far as it is missing or due: keys, certificates and passwords, for each
 * service its own.
 * @param cluster whose home is the folder that the file mounts from
 * @returns the path of the kubeconfig
 * @throws LauncherFailure when what is kept can't be used
 */
export async function provideComposeAccess(cluster: Cluster): Promise<string> {
  const { home, layout } = cluster;
  home.make();
  const kubeconfig = await certificates.run(cluster, () => undefined);
  await provideNats(cluster, await provideCredentials(cluster));
  for (const role of ['postgres', 'postgres-journal']) {
    home.secret(role);
    if (isRoot()) letRead(containerUser('journal', layout.slot), home.at(`secret-${role}`));
  }
  return kubeconfig;
}

/** The users of the file's NATS: all that a cluster on one engine has. */
async function provideCredentials(cluster: Cluster): Promise<NatsUser[]> {
  const { natsAccess, layout } = cluster;
  const users: NatsUser[] = [];
  for (const identity of identitiesOf({ mode: { kind: 'own-engine', dockerHost: '' }, layout })) {
    users.push({ ...identity, nkey: await natsAccess.provide(identity) });
    if (isRoot() && hasImage(identity.role)) natsAccess.handTo(identity, containerUser(identity.role, layout.slot));
  }
  return users;
}

function hasImage(role: Role): role is Service {
  return (SERVICES as readonly Role[]).includes(role);
}

/** The folder of the server: its configuration with everybody's rights, and its certificate. */
async function provideNats({ home, pki }: Cluster, users: readonly NatsUser[]): Promise<void> {
  const folder = home.at('nats');
  makeOwnFolder(folder);
  const bearer = { commonName: 'shiplog-nats', names: [NATS_HOST], usage: ['server' as const] };
  const { authority } = await pki.kept('tls', bearer, folder);
  copyFileSync(authority, home.at('nats', 'ca.crt'));
  const config = renderServerConfig({
    listen: '0.0.0.0:4222',
    store: NATS_STORE,
    certificate: `${NATS_FOLDER}/tls.crt`,
    key: `${NATS_FOLDER}/tls.key`,
    authority: `${NATS_FOLDER}/ca.crt`,
    users,
  });
  writeOwn(home.at('nats', 'server.conf'), config);
}
