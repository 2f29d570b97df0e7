import { chmodSync, chownSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Cluster, Step } from '../cluster';
import { makeOwnFolder, PASSABLE, writeOwn } from '../runtime-folder';
import { serviceUser } from '../services/service-user';
import { keepSigningKeys } from './signing-keys';
import { keepToken } from './tokens';

/** What the certificate of the API calls it. */
const BEARER = 'shiplog-api';
/** As Kubernetes calls who tells the servers of APIServices who asks. */
const PROXY = 'front-proxy-client';

/** Certificate authority, the API server's certificate, the key of service accounts' tokens, an administrator's token, and the kubeconfig that holds them. */
export const certificates: Step = {
  title: 'Certificates and kubeconfig',
  async run(cluster) {
    const { home, pki } = cluster;
    const authority = await pki.authority();
    await pki.kept('server', { commonName: BEARER, names: serverNames(cluster), usage: ['server'] });
    await pki.kept(PROXY, { commonName: PROXY, names: [], usage: ['client'] });
    await pki.clientAuthority();
    keepSigningKeys(home.at('pki'));
    const token = home.secret('admin-token');
    keepToken(home.tokens, `${token},admin,admin,"system:masters"`);
    handToApi(cluster);
    handToController(cluster);
    pki.onRenewed((names) => {
      if (names.includes(BEARER) || names.includes(PROXY)) handToApi(cluster);
    });
    writeFileSync(home.kubeconfig, kubeconfig(cluster.apiUrl, authority.certificate, token), { mode: 0o600 });
    return home.kubeconfig;
  },
};

/** The api's own copies: it may run as a user that can't look into `pki/`, where the authority's key is. */
function handToApi(cluster: Cluster): void {
  const { home, layout } = cluster;
  const user = serviceUser('api', layout.slot);
  const files = ['server.key', 'server.crt', `${PROXY}.key`, `${PROXY}.crt`, 'client-ca.crt', 'sa.key', 'sa.pub'];
  hand(cluster, 'api', ['ca.crt', ...files]);
  if (user === undefined) return;
  // Root's to write, and the api's to read.
  chownSync(home.tokens, 0, user.gid);
  chmodSync(home.tokens, 0o640);
}

/** The controller signs the certificates of the API's clients, and nobody else does. */
function handToController(cluster: Cluster): void {
  hand(cluster, 'controller', ['client-ca.crt', 'client-ca.key']);
}

/** A service's own copies of files of `pki/`, in its folder; the cluster's authority may be read by all. */
function hand({ home, layout }: Cluster, service: 'api' | 'controller', files: readonly string[]): void {
  const user = serviceUser(service, layout.slot);
  makeOwnFolder(home.at(service), PASSABLE);
  for (const file of files) {
    const copy = home.at(service, file);
    writeOwn(`${copy}.new`, readFileSync(home.at('pki', file), 'utf8'));
    if (file === 'ca.crt') chmodSync(`${copy}.new`, 0o644);
    else if (user !== undefined) chownSync(`${copy}.new`, user.uid, user.gid);
    renameSync(`${copy}.new`, copy);
  }
}

/** Every name under which the API is called: from this machine, from minions, and from pods. */
function serverNames(cluster: Cluster): string[] {
  const serviceIp = cluster.layout.serviceCidr.replace(/0\/\d+(,.*)?$/, '1');
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return ['localhost', ...service, '127.0.0.1', cluster.layout.hostAddress, serviceIp];
}

/** What kubectl reads to reach the cluster as its administrator. */
function kubeconfig(server: string, ca: string, token: string): string {
  const authority = Buffer.from(ca).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'shiplog', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'shiplog', context: { cluster: 'shiplog', user: 'admin' } }],
    'current-context': 'shiplog',
  });
}
