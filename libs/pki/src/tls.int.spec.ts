import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { runProgram } from '@shiplog/hostnet';
import { type CertificatePair, DAY_MS, issue, makeAuthority } from './issue';
import { issueFromRequest, requestFor } from './request';

const term = { days: 90, now: Date.now() };

describe('what the OpenSSL program says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-openssl-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('accepts three hundred certificates in a row, by its strictest rules', async () => {
    const authority = await makeAuthority('shiplog-ca', term);
    const ca = join(folder, 'ca.crt');
    writeFileSync(ca, authority.certificate);
    const files: string[] = [];
    for (let n = 0; n < 300; n += 1) {
      const path = join(folder, `${n}.crt`);
      const names = ['localhost', '127.0.0.1'];
      const wanted = { commonName: `n${n}`, names, usage: ['server' as const], ...term };
      writeFileSync(path, (await issue(authority, wanted)).certificate);
      files.push(path);
    }
    const said = await runProgram('openssl', [
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca],
      ...files,
    ]);
    expect(said.trim().split('\n')).toEqual(files.map((path) => `${path}: OK`));
  });

  it('accepts as many authorities and requests', async () => {
    for (let n = 0; n < 30; n += 1) {
      const path = join(folder, 'one.pem');
      writeFileSync(path, (await makeAuthority('shiplog-ca', term)).certificate);
      await runProgram('openssl', ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', path, path]);
      writeFileSync(path, (await requestFor('minion-3')).csr);
      await runProgram('openssl', ['req', '-verify', '-noout', '-in', path]);
    }
  });
});

describe('mutual TLS', () => {
  let authority: CertificatePair;
  let server: CertificatePair;
  beforeAll(async () => {
    authority = await makeAuthority('shiplog-ca', term);
    server = await issue(authority, { commonName: 'nats', names: ['127.0.0.1'], usage: ['server'], ...term });
  });

  /** The common name that a server sees, which asks for certificates of its authority; throws what either end says. */
  async function seenBy(client: Partial<CertificatePair>, ca = authority.certificate): Promise<string> {
    // A server that rejects the unauthorized closes without a word; this one knows the same, and can say why.
    const asks = { requestCert: true, rejectUnauthorized: false };
    const listener = createServer({ cert: server.certificate, key: server.key, ca: authority.certificate, ...asks });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, ca, cert: client.certificate, key: client.key });
    try {
      return await new Promise((resolve, reject) => {
        socket.on('error', reject);
        listener.on('tlsClientError', reject);
        listener.on('secureConnection', (seen) => {
          if (seen.authorized) resolve(String(seen.getPeerCertificate().subject.CN));
          else reject(new Error(String(seen.authorizationError)));
        });
      });
    } finally {
      socket.destroy();
      listener.close();
    }
  }

  it('lets a client in by its certificate', async () => {
    const client = await issue(authority, { commonName: 'journal', usage: ['client'], ...term });
    expect(await seenBy(client)).toBe('journal');
  });

  it('lets a machine in whose key never left it', async () => {
    const { csr, key } = await requestFor('whoever');
    const bearer = { commonName: 'kubelet.minion-3', usage: ['client' as const], ...term };
    expect(await seenBy({ key, certificate: await issueFromRequest(authority, csr, bearer) })).toBe('kubelet.minion-3');
  });

  it('keeps out a client without a certificate, with one of another authority, with one for servers, and an expired one', async () => {
    const other = await makeAuthority('shiplog-ca', term);
    const bearer = { commonName: 'journal', usage: ['client' as const], ...term };
    const old = await issue(authority, { ...bearer, days: 10, now: Date.now() - 30 * DAY_MS });
    await expect(seenBy({})).rejects.toThrow('UNABLE_TO_GET_ISSUER_CERT');
    await expect(seenBy(await issue(other, bearer))).rejects.toThrow('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    await expect(seenBy(await issue(authority, { ...bearer, usage: ['server'] }))).rejects.toThrow('INVALID_PURPOSE');
    await expect(seenBy(old)).rejects.toThrow('CERT_HAS_EXPIRED');
  });

  it('a client refuses a server of another authority', async () => {
    const other = await makeAuthority('shiplog-ca', term);
    const client = await issue(authority, { commonName: 'journal', usage: ['client'], ...term });
    await expect(seenBy(client, other.certificate)).rejects.toThrow('self-signed certificate in certificate chain');
  });
});
