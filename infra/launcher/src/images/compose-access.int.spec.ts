import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../cluster';
import { settingsFrom } from '../settings';
import { isRoot } from '../system/tools';
import { provideComposeAccess } from './compose-access';
import { containerUser } from './container-user';

describe('what docker-compose.dev.yml mounts', () => {
  const home = join(mkdtempSync(join(tmpdir(), 'shiplog-compose-')), 'compose');
  const provide = () => provideComposeAccess(new Cluster(settingsFrom({ SHIPLOG_HOME: home }), () => undefined));
  const paths = () => readdirSync(home, { recursive: true, encoding: 'utf8' }).sort();
  const text = (path: string) => readFileSync(join(home, path), 'utf8');
  const files = () => paths().filter((path) => statSync(join(home, path)).isFile());

  beforeAll(provide);
  afterAll(() => rmSync(join(home, '..'), { recursive: true }));

  it('is a folder of credentials for each service, what NATS and the api need, and two passwords', () => {
    const identities =
      'api.main controller.main journal.main kubelet.minion-1 operator.launcher proxy.minion-1 scheduler.main user.admin';
    expect(readdirSync(join(home, 'credentials')).sort()).toEqual(identities.split(' '));
    expect(readdirSync(join(home, 'nats')).sort()).toEqual(['ca.crt', 'server.conf', 'tls.crt', 'tls.key']);
    expect(paths()).toEqual(
      expect.arrayContaining([
        'kubeconfig',
        'tokens.csv',
        'pki/server.key',
        'secret-postgres',
        'secret-postgres-journal',
      ]),
    );
    expect(text('secret-postgres')).not.toBe(text('secret-postgres-journal'));
  });

  it('stays as it is when it is made again', async () => {
    const before = files().map((path) => [path, text(path)]);
    await provide();
    expect(files().map((path) => [path, text(path)])).toEqual(before);
  });

  it('can be read by the service that it is for, written by none of them, and seen by nobody else', () => {
    // An ordinary user's services run as that user.
    if (!isRoot()) return;
    const readers = (path: string): number => statSync(join(home, path)).gid;
    for (const service of ['journal', 'api', 'scheduler', 'controller'] as const) {
      const { gid } = containerUser(service, 0);
      expect(gid).not.toBe(0);
      for (const file of ['', 'ca.crt', 'seed.nk', 'tls.crt', 'tls.key'])
        expect(readers(`credentials/${service}.main/${file}`)).toBe(gid);
    }
    expect(readers('secret-postgres-journal')).toBe(containerUser('journal', 0).gid);
    expect(readers('tokens.csv')).toBe(containerUser('api', 0).gid);
    for (const path of ['pki', 'nats', 'nats/tls.key', 'credentials/user.admin', 'kubeconfig'])
      expect(readers(path)).toBe(0);
    const secret = files().filter((path) => !path.endsWith('.crt'));
    for (const path of secret) expect([path, statSync(join(home, path)).mode & 0o027]).toEqual([path, 0]);
  });

  it('lets everybody on the bus in by a key, and nobody without', () => {
    const { accounts, tls, ...others } = JSON.parse(text('nats/server.conf')) as {
      accounts: { SHIPLOG: { users: { nkey: string }[] } };
      tls: { verify: boolean };
      authorization?: unknown;
    };
    expect(accounts.SHIPLOG.users).toHaveLength(8);
    expect(tls.verify).toBe(true);
    expect(others.authorization).toBeUndefined();
  });
});
