import type { Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { decodeJwt } from 'jose';
import { Pool } from 'undici';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestCluster } from './support/cluster';

const NAMESPACE = 'accounts';
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const SCRIPT = [
  `cat ${FOLDER}/token; echo; cat ${FOLDER}/namespace; echo`,
  // Its own TLS speaks no cipher that the api does; that the Service leads there is what it can show.
  'nc -w 5 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" < /dev/null && echo connected',
  'sleep 3600',
].join('; ');

describe("a pod's own account", () => {
  const cluster = new TestCluster();
  const kubectl = (...args: string[]): Promise<string> => cluster.kubectl('-n', NAMESPACE, ...args);
  let api: Pool;
  beforeAll(async () => {
    const { clusters } = JSON.parse(await cluster.kubectl('config', 'view', '-o', 'json')) as {
      clusters: { cluster: { server: string } }[];
    };
    const ca = readFileSync(join(cluster.home, 'pki', 'ca.crt'), 'utf8');
    api = new Pool(clusters[0]?.cluster.server ?? '', { connect: { ca } });
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    await kubectl('create', 'serviceaccount', 'reader');
    await kubectl('create', 'rolebinding', 'reader', '--clusterrole=view', `--serviceaccount=${NAMESPACE}:reader`);
  });
  afterAll(async () => {
    await api.destroy();
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  const asked = async (token: string, path = `/api/v1/namespaces/${NAMESPACE}/pods`): Promise<number> => {
    const { statusCode, body } = await api.request({
      method: 'GET',
      path,
      headers: { authorization: `Bearer ${token}` },
    });
    await body.dump();
    return statusCode;
  };

  it('gives it a token that it reads, and by which the api knows it until it is gone, and the Service that leads to the api', async () => {
    const container = { name: 'main', image: 'busybox:1.36', command: ['sh', '-c', SCRIPT] };
    const spec = { serviceAccountName: 'reader', terminationGracePeriodSeconds: 0, containers: [container] };
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'reads', namespace: NAMESPACE }, spec });
    const [pod] = await cluster.podsReady(NAMESPACE, 1);
    const lines = await eventually(async () => {
      const text = (await kubectl('logs', 'reads')).split('\n');
      return text.includes('connected') ? text : undefined;
    });
    const token = lines.find((line) => line.startsWith('ey')) ?? '';
    expect(decodeJwt(token)).toMatchObject({
      sub: `system:serviceaccount:${NAMESPACE}:reader`,
      'kubernetes.io': { pod: { name: 'reads', uid: (pod as Pod).metadata.uid } },
    });
    expect(lines).toEqual(expect.arrayContaining([NAMESPACE, 'connected']));
    expect([await asked(token), await asked(token, '/api/v1/namespaces/default/pods')]).toEqual([200, 403]);
    await kubectl('delete', 'pod', 'reads', '--wait=true');
    expect(await asked(token)).toBe(401);
  });

  it('gives it none where the account or the pod wants none', async () => {
    await kubectl('patch', 'serviceaccount', 'reader', '-p', '{"automountServiceAccountToken":false}');
    const container = { name: 'main', image: 'busybox:1.36', command: ['sleep', '3600'] };
    const spec = { serviceAccountName: 'reader', terminationGracePeriodSeconds: 0, containers: [container] };
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'silent', namespace: NAMESPACE }, spec });
    const [pod] = await cluster.podsReady(NAMESPACE, 1);
    expect(pod?.spec?.volumes).toBeUndefined();
  });
});
