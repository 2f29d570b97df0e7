import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestFor } from '@shiplog/pki';
import { eventually } from '@shiplog/testing';
import { parse, stringify } from 'yaml';
import { run } from '../launcher/src/system/run';
import { TestCluster } from './support/cluster';

interface Config {
  users: { name: string; user: object }[];
}

describe('a request for a certificate', () => {
  const cluster = new TestCluster();
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-csr-'));
  afterAll(async () => {
    await cluster.kubectl('delete', 'certificatesigningrequests', 'jane', 'joe', 'root');
    await cluster.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends one, and answers the key that it is for. */
  async function submit(name: string, commonName = name, usages = ['client auth']): Promise<string> {
    const { csr, key } = await requestFor(commonName);
    await cluster.apply({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name },
      spec: {
        request: Buffer.from(csr).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages,
        expirationSeconds: 3600,
      },
    });
    return key;
  }
  const statusOf = (name: string, path: string): Promise<string> =>
    cluster.kubectl('get', 'csr', name, '-o', `jsonpath={.status.${path}}`);
  const reasonOf = (name: string): Promise<string> => statusOf(name, 'conditions[?(@.type=="Failed")].message');

  it('is signed once it is approved, and kubectl is let in by the certificate', async () => {
    const key = await submit('jane');
    expect(await statusOf('jane', 'certificate')).toBe('');
    await cluster.kubectl('certificate', 'approve', 'jane');
    const certificate = await eventually(async () => (await statusOf('jane', 'certificate')) || undefined);
    const kubeconfig = join(folder, 'kubeconfig');
    const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as Config;
    const user = { 'client-certificate-data': certificate, 'client-key-data': Buffer.from(key).toString('base64') };
    writeFileSync(kubeconfig, stringify({ ...config, users: config.users.map(({ name }) => ({ name, user })) }));
    const answer = await run('kubectl', ['--kubeconfig', kubeconfig, 'auth', 'whoami', '-o', 'yaml']);
    expect(parse(answer)).toMatchObject({
      status: { userInfo: { username: 'jane', groups: ['system:authenticated'] } },
    });
  });

  it('is not signed once it is denied', async () => {
    await submit('joe');
    await cluster.kubectl('certificate', 'deny', 'joe');
    expect(await cluster.kubectl('get', 'csr', 'joe')).toMatch(/Denied/);
    expect(await statusOf('joe', 'certificate')).toBe('');
  });

  it('fails when its signer does not sign such a one', async () => {
    await submit('root', 'root', ['client auth', 'cert sign']);
    await cluster.kubectl('certificate', 'approve', 'root');
    await eventually(async () => (await reasonOf('root')) === 'invalid usage for client certificate: cert sign');
    expect(await statusOf('root', 'certificate')).toBe('');
  });
});
