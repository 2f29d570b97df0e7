import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { subjects, type Identity, type KubeObject } from '@shiplog/contracts';
import { eventually, freePort } from '@shiplog/testing';
import { KubeClient } from '../launcher/src/kube/kube-client';
import { credentialSettings } from '../launcher/src/nats/nats-access';
import { TestCluster } from './support/cluster';
import { type Fate, LyingNats } from './support/lying-nats';

const NAMESPACE = 'bus-faults';
/** Made a few at once: what is made at once is one commit, and that is one message. */
const WAVES = 60;
const AT_ONCE = 4;
const LIED_TO: Identity = { role: 'api', name: 'lied-to' };

describe('an api whose messages are dropped, doubled and reordered', () => {
  const cluster = new TestCluster();
  let nats: LyingNats;
  let second: ChildProcess;
  let other: KubeClient;
  let fate: Fate = 'pass';
  let commits = 0;

  beforeAll(async () => {
    const bus = new URL(cluster.claim().natsUrl);
    // Every third commit meets the fate that is being tested.
    const fateOf = (subject: string): Fate => {
      if (subject !== subjects.commit({ resource: 'configmaps' })) return 'pass';
      commits += 1;
      return commits % 3 === 0 ? fate : 'pass';
    };
    await cluster.admit(LIED_TO);
    const credentials = cluster.access.files(LIED_TO);
    nats = await LyingNats.start({
      upstream: { host: bus.hostname, port: Number(bus.port) },
      server: cluster.access.server,
      client: credentials,
      fateOf,
    });
    const port = await freePort();
    second = spawn(process.execPath, [resolve(__dirname, '../../dist/services/api/src/main.js')], {
      stdio: 'ignore',
      env: {
        ...process.env,
        ...credentialSettings(credentials),
        NATS_URL: `tls://127.0.0.1:${nats.port}`,
        INSTANCE: LIED_TO.name,
        API_PORT: String(port),
        SERVICE_CIDR: cluster.layout.serviceCidr,
        TLS_CERT_FILE: join(cluster.home, 'pki', 'server.crt'),
        TLS_KEY_FILE: join(cluster.home, 'pki', 'server.key'),
        TOKEN_FILE: join(cluster.home, 'tokens.csv'),
        SERVICE_ACCOUNT_KEY_FILE: join(cluster.home, 'pki', 'sa.key'),
      },
    });
    const kubeconfig = join(cluster.home, 'kubeconfig-lied-to');
    writeFileSync(
      kubeconfig,
      readFileSync(cluster.kubeconfig, 'utf8').replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`),
    );
    other = new KubeClient(kubeconfig);
    await eventually(() => other.get('/readyz'), { timeoutMs: 20_000 });
    await cluster.kubectl('create', 'namespace', NAMESPACE);
  });
  afterAll(async () => {
    second.kill('SIGKILL');
    await once(second, 'exit');
    other.close();
    await nats.stop();
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  const list = (client: KubeClient) =>
    client.get<{ items: KubeObject[] }>(`/api/v1/namespaces/${NAMESPACE}/configmaps`).then(({ items }) => items);

  it.each(['drop', 'double', 'late'] as const)(
    '%s: it comes to the same state as the one that hears all',
    async (tested) => {
      fate = tested;
      const before = commits;
      const create = (i: number) => {
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${tested}-${i}` } };
        return cluster.api.post(`/api/v1/namespaces/${NAMESPACE}/configmaps`, object);
      };
      for (let wave = 0; wave < WAVES; wave++) {
        await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => create(wave * AT_ONCE + i)));
      }
      const wanted = await list(cluster.api);
      await eventually(async () => {
        expect(await list(other)).toEqual(wanted);
        return true;
      });
      expect(commits - before).toBeGreaterThanOrEqual(WAVES);
    },
  );
});
