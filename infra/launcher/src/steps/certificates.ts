import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Cluster, Step } from '../cluster';
import { keepToken } from './tokens';

/** Certificate authority, the API server's certificate, an administrator's token, and the kubeconfig that holds them. */
export const certificates: Step = {
  title: 'Certificates and kubeconfig',
  async run(cluster) {
    const { home, pki } = cluster;
    const authority = await pki.authority();
    await pki.kept('server', { commonName: 'shiplog-api', names: serverNames(cluster), usage: ['server'] });
    const token = home.secret('admin-token');
    keepToken(home.tokens, `${token},admin,admin,"system:masters"`);
    writeFileSync(home.kubeconfig, kubeconfig(cluster.apiUrl, authority.certificate, token), { mode: 0o600 });
    return home.kubeconfig;
  },
};

/** Every name under which the API is called: from this machine, from minions, and from pods. */
function serverNames(cluster: Cluster): string[] {
  const serviceIp = cluster.layout.serviceCidr.replace(/0\/\d+$/, '1');
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
