import { X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, SKEW_MS, type CertificatePair } from './issue';
import { requestFor } from './request';
import { readRequest, signRequest } from './sign-request';

const NOW = Date.parse('2026-11-27T09:00:00Z');

/** A request made by OpenSSL, as people make them. */
function openSslRequest(subject: string, key: string[], names?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-csr-'));
  const [keyFile, file] = [join(folder, 'key'), join(folder, 'csr')];
  const more = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
  const args = [
    'req',
    '-new',
    '-nodes',
    '-newkey',
    ...key,
    '-keyout',
    keyFile,
    '-subj',
    subject,
    '-out',
    file,
    ...more,
  ];
  try {
    execFileSync('openssl', args, { stdio: 'ignore' });
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a request of somebody else', () => {
  let authority: CertificatePair;
  beforeAll(async () => {
    authority = await makeAuthority('clients', { days: 1, now: NOW });
  });

  const NAMES = 'DNS:node-1,IP:10.0.0.1,email:a@b.c,URI:spiffe://x/y';
  it.each([
    ['RSA', ['rsa:2048']],
    ['EC', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ])('with a key of %s says who asks, and is signed as it is', async (_, key) => {
    const csr = openSslRequest('/O=dev/O=ops/CN=jane', key, NAMES);
    expect(await readRequest(csr)).toEqual({
      commonName: 'jane',
      organizations: ['dev', 'ops'],
      dnsNames: ['node-1'],
      ipAddresses: ['10.0.0.1'],
      emailAddresses: ['a@b.c'],
      uris: ['spiffe://x/y'],
    });
    const certificate = new X509Certificate(
      await signRequest(authority, csr, {
        usages: ['digital signature', 'client auth'],
        from: NOW,
        to: NOW + 3_600_000,
      }),
    );
    expect(certificate.subject).toBe('O=dev\nO=ops\nCN=jane');
    expect(certificate.subjectAltName).toContain('DNS:node-1, IP Address:10.0.0.1');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect([Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]).toEqual([
      NOW - SKEW_MS,
      NOW + 3_600_000,
    ]);
    expect(certificate.ca).toBe(false);
  });

  it('is good no longer than the authority', async () => {
    const { csr } = await requestFor('jane');
    const signed = await signRequest(authority, csr, {
      usages: ['client auth'],
      from: NOW,
      to: NOW + 10 * 24 * 3_600_000,
    });
    expect(new X509Certificate(signed).validTo).toBe(new X509Certificate(authority.certificate).validTo);
  });

  it('is refused when it is none, when its key did not sign it, and when it is long', async () => {
    const { csr } = await requestFor('jane');
    const forged = csr.replace(/.{8}(?=\n-----END)/, 'AAAAAAA=');
    await expect(readRequest('hello')).rejects.toThrow('must be PKCS #10 as PEM');
    await expect(readRequest(`${csr}${' '.repeat(20_000)}`)).rejects.toThrow('must be at most 16384 characters long');
    await expect(readRequest(forged)).rejects.toThrow(/must be (signed|PKCS)/);
  });
});
