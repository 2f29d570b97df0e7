import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connectNats, type Credentials } from '@shiplog/bus';
import { addressOf, JoinRequest, principalOf, subjects, type Identity } from '@shiplog/contracts';
import { type CertificatePair, DAY_MS, issue, makeAuthority, type Term } from '@shiplog/pki';
import { ADMIN } from '../launcher/src/nats/identities';
import { Attacker } from './support/attacker';
import { firstLine, pemOf } from './support/lying-nats';
import { TEST_CONNECTION, TestCluster } from './support/cluster';
import { eventually } from '@shiplog/testing';

const STRANGER: Identity = { role: 'user', name: 'stranger' };

describe('the bus lets in', () => {
  const cluster = new TestCluster();
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-attack-'));
  const { caFile, ...own } = cluster.access.files(ADMIN);
  let authority: CertificatePair;

  beforeAll(async () => {
    await cluster.access.make(STRANGER);
    const pki = (file: string): string => readFileSync(join(cluster.home, 'pki', file), 'utf8');
    authority = { certificate: pki('ca.crt'), key: pki('ca.key') };
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await cluster.close();
  });

  const kept = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const certified = async (by: CertificatePair, term: Term): Promise<Credentials> => {
    const { certificate, key } = await issue(by, { commonName: addressOf(ADMIN), usage: ['client'], ...term });
    return { caFile, seedFile: own.seedFile, certFile: kept('tls.crt', certificate), keyFile: kept('tls.key', key) };
  };
  const connect = async (credentials: Credentials, userinfo = ''): Promise<void> => {
    const url = cluster.claim().natsUrl.replace('//', `//${userinfo}`);
    const options = { url, name: TEST_CONNECTION, identity: ADMIN, credentials, attempts: 1 };
    await (await connectNats(options)).close();
  };

  /** What a server says to a client's certificate: an alert of TLS, or, when that is good, a word of NATS. */
  const handshake = async (credentials: Credentials): Promise<string> => {
    const { hostname: host, port } = new URL(cluster.claim().natsUrl);
    const plain = createConnection({ host, port: Number(port) });
    await firstLine(plain);
    const socket = connectTls({ socket: plain, host, ...pemOf(credentials) });
    socket.write('CONNECT {}\r\nPING\r\n');
    const word = await new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(error.message));
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    });
    socket.destroy();
    return word;
  };

  it('who has the certificate and the nkey of an identity', async () => {
    await expect(connect({ caFile, ...own })).resolves.toBeUndefined();
    expect(await handshake({ caFile, ...own })).toContain("-ERR 'Authorization Violation'");
  });

  describe('nobody', () => {
    const { certFile, keyFile } = own;
    const certificate = { caFile, certFile, keyFile };

    it('without an nkey', async () => {
      await expect(connect(certificate)).rejects.toThrow(/does not let user admin in with no credentials/);
    });

    it('with an nkey that it does not know', async () => {
      const { seedFile: unknown } = cluster.access.files(STRANGER);
      await expect(connect({ ...certificate, seedFile: unknown })).rejects.toThrow(/does not let user admin in/);
    });

    it.each(['shiplog:shiplog@', 'admin:admin@', 'token@'])('with a password: %s', async (userinfo) => {
      await expect(connect(certificate, userinfo)).rejects.toThrow(/does not let user admin in/);
    });

    it('without a certificate', async () => {
      expect(await handshake({ caFile })).toMatch(/certificate/);
    });

    it('with a certificate of another authority', async () => {
      const term = { days: 1, now: Date.now() };
      expect(await handshake(await certified(await makeAuthority('shiplog-ca', term), term))).toMatch(
        /certificate|unknown/,
      );
    });

    it('with a certificate whose time is over', async () => {
      const expired = await certified(authority, { days: 1, now: Date.now() - 2 * DAY_MS });
      expect(await handshake(expired)).toMatch(/certificate/);
      // What was wrong with it is its time alone.
      await expect(connect(await certified(authority, { days: 1, now: Date.now() }))).resolves.toBeUndefined();
    });

    it('in clear', async () => {
      const { hostname, port } = new URL(cluster.claim().natsUrl);
      const socket = createConnection({ host: hostname, port: Number(port) });
      socket.on('error', () => socket.destroy());
      let said = '';
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
      socket.write('CONNECT {"verbose":true,"tls_required":false}\r\nPING\r\n');
      await once(socket, 'close');
      expect(said).toMatch(/^INFO .*"tls_required":true/);
      expect(said).not.toMatch(/^(PONG|\+OK)/m);
    });
  });

  describe('who has a token for a machine that is to join, to ask for just that', () => {
    let guest: Attacker;
    let id: string;

    beforeAll(async () => {
      const token = await cluster.newToken();
      id = token.id;
      const credentials = {
        caFile: kept('guest-ca.crt', token.authority),
        certFile: kept('guest.crt', token.certificate),
        keyFile: kept('guest.key', token.key),
        seedFile: kept('guest.nk', token.seed),
      };
      // The server reads of a new token when it gets to it, and may hang up on whoever comes meanwhile.
      guest = await eventually(() => Attacker.as(cluster, { role: 'bootstrap', name: id }, credentials));
    });
    afterAll(() => guest.close());

    it.each([
      'shiplog.v1.join.another',
      'shiplog.v1.renew.kubelet.minion-1',
      'shiplog.v1.health',
      subjects.command('CreateObject', principalOf(ADMIN)),
      subjects.signal('heartbeat', { kind: 'node', name: 'minion-1' }),
      'shiplog.v1.event.pods.minion-1.default.evil.Created',
      'shiplog.v1.commit.pods.minion-1',
      '$JS.API.INFO',
    ])('and not to say %s', async (subject) => {
      expect(await guest.say(subject)).toBe(true);
    });

    it.each(['>', '_INBOX.>', '_INBOX.bootstrap.>', 'shiplog.v1.>', 'shiplog.v1.join.>', 'shiplog.v1.signal.head.*.*'])(
      'and not to listen to %s',
      async (subject) => {
        expect((await guest.listen(subject)).refused).toBe(true);
      },
    );

    it('and not as a node that is there, nor without a request that can be signed', async () => {
      const agents = [{ role: 'kubelet' as const, nkey: `U${'A'.repeat(55)}`, csr: 'none' }];
      const ask = (node: string) => guest.bus.ask(JoinRequest, { node, agents }, { token: id });
      await expect(ask('minion-1')).rejects.toMatchObject({ status: { code: 409 } });
      await expect(ask('evil')).rejects.toMatchObject({ status: { code: 400 } });
      await expect(ask('evil/../minion-1')).rejects.toMatchObject({ status: { code: 400 } });
      await cluster.allReady();
    });
  });
});
