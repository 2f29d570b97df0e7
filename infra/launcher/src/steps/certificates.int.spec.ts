import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicKeyOf } from '@shiplog/pki';
import { Cluster } from '../cluster';
import { KubeClient } from '../kube/kube-client';
import { settingsFrom } from '../settings';
import { serviceUser } from '../services/service-user';
import { certificates } from './certificates';

describe('certificates and kubeconfig', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-pki-'));
  const prepare = async (port = 6443) => {
    const cluster = new Cluster(settingsFrom({ SHIPLOG_HOME: home, API_PORT: String(port) }), () => undefined);
    await certificates.run(cluster, () => undefined);
    return cluster;
  };
  afterAll(() => rmSync(home, { recursive: true }));

  it('a client with the kubeconfig trusts a server with the certificate, and sends the token', async () => {
    const cluster = await prepare();
    const pem = (file: string) => readFileSync(cluster.home.at('pki', file));
    const server = createServer({ cert: pem('server.crt'), key: pem('server.key') }, (request, response) => {
      response.end(JSON.stringify({ authorization: request.headers.authorization }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await prepare((server.address() as AddressInfo).port);
    const client = new KubeClient(cluster.home.kubeconfig);
    const [token] = readFileSync(cluster.home.tokens, 'utf8').split(',');
    expect(await client.get('/')).toEqual({ authorization: `Bearer ${token}` });
    client.close();
    server.close();
  });

  it('keys and token stay the same; others may read none, but the api its tokens', async () => {
    const cluster = await prepare();
    const files = [cluster.home.tokens, cluster.home.kubeconfig, cluster.home.at('pki', 'ca.key')];
    const before = files.map((file) => readFileSync(file, 'utf8'));
    await prepare();
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
    const group = serviceUser('api', cluster.layout.slot);
    expect(files.map((file) => statSync(file).mode & 0o077)).toEqual([group === undefined ? 0 : 0o040, 0, 0]);
    if (group !== undefined) expect(statSync(cluster.home.tokens)).toMatchObject({ uid: 0, gid: group.gid });
  });

  it('another key of service accounts signs once the old one is taken away, whose tokens stay good', async () => {
    const cluster = await prepare();
    const at = (file: string): string => cluster.home.at('pki', file);
    const read = (file: string): string => readFileSync(at(file), 'utf8');
    const [first, trusted] = [read('sa.key'), read('sa.pub')];
    expect(trusted).toBe(publicKeyOf(first));
    expect([statSync(at('sa.key')).mode & 0o777, statSync(cluster.home.at('api', 'sa.key')).mode & 0o777]).toEqual([
      0o600, 0o600,
    ]);
    rmSync(at('sa.key'));
    await prepare();
    expect(read('sa.key')).not.toBe(first);
    expect(read('sa.pub')).toBe(`${publicKeyOf(read('sa.key'))}${trusted}`);
    for (const file of ['sa.key', 'sa.pub'])
      expect(readFileSync(cluster.home.at('api', file), 'utf8')).toBe(read(file));
  });

  it("users that were added to the tokens stay, behind the administrator's line", async () => {
    const cluster = await prepare();
    const admin = readFileSync(cluster.home.tokens, 'utf8');
    const added = '# the night shift\ntoken,vera,7,"system:masters"\n';
    writeFileSync(cluster.home.tokens, `${admin}${added}`);
    await prepare();
    expect(readFileSync(cluster.home.tokens, 'utf8')).toBe(`${admin}${added}`);
    writeFileSync(cluster.home.tokens, added);
    await prepare();
    expect(readFileSync(cluster.home.tokens, 'utf8')).toBe(`${admin}${added}`);
  });
});
