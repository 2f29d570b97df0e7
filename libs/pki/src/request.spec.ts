import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { type CertificatePair, makeAuthority } from './issue';
import { issueFromRequest, requestFor, RequestRejected } from './request';
import { Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from './x509';

const NOW = Date.parse('2027-03-04T05:06:07Z');
const MINION = { commonName: 'kubelet.minion-3', usage: ['client'] as const, days: 90, now: NOW };

describe('a request of a machine that keeps its key', () => {
  let authority: CertificatePair;
  beforeAll(async () => {
    authority = await makeAuthority('shiplog-ca', { days: 3650, now: NOW });
  });

  it('is answered by a certificate of its key', async () => {
    const { csr, key } = await requestFor('kubelet.minion-3');
    const certificate = new X509Certificate(await issueFromRequest(authority, csr, MINION));
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  });

  it('has no say in who the bearer is', async () => {
    const { csr } = await requestFor('journal');
    const certificate = new X509Certificate(await issueFromRequest(authority, csr, MINION));
    expect(certificate.subject).toBe('CN=kubelet.minion-3');
    expect(certificate.subjectAltName).toBeUndefined();
  });

  it('is refused when the sender has not the private key of its key', async () => {
    const [own, other] = [await requestFor('minion-3'), await requestFor('minion-3')];
    const stolen = withBytes(own.csr, publicKeyOf(own.csr), publicKeyOf(other.csr));
    await expect(issueFromRequest(authority, stolen, MINION)).rejects.toThrow(
      'The certificate request must be signed with the private key of its public key.',
    );
  });

  it('is refused when its key is no point of the curve', async () => {
    const { csr } = await requestFor('minion-3');
    const key = publicKeyOf(csr);
    const broken = withBytes(csr, key, Buffer.concat([key.subarray(0, -1), Buffer.from([key.at(-1)! ^ 1])]));
    await expect(issueFromRequest(authority, broken, MINION)).rejects.toThrow(RequestRejected);
  });

  it.each(['', 'hello', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n'])(
    'is refused when it is none: %j',
    async (csr) => {
      await expect(issueFromRequest(authority, csr, MINION)).rejects.toThrow(
        'The certificate request must be PKCS #10 as PEM.',
      );
    },
  );

  it('is refused unread when it is large', async () => {
    await expect(issueFromRequest(authority, 'A'.repeat(5000), MINION)).rejects.toThrow('at most 4096 characters');
  });

  it('is refused when it is for another kind of key', async () => {
    const curve = { name: 'ECDSA', namedCurve: 'P-384' };
    const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
    const request = await Pkcs10CertificateRequestGenerator.create({
      keys,
      signingAlgorithm: { ...curve, hash: 'SHA-384' },
    });
    await expect(issueFromRequest(authority, request.toString('pem'), MINION)).rejects.toThrow(
      'must be for an EC key on P-256',
    );
  });
});

function publicKeyOf(csr: string): Buffer {
  return Buffer.from(new Pkcs10CertificateRequest(csr).publicKey.rawData);
}

/** A request with some of its bytes replaced by as many others. */
function withBytes(csr: string, before: Buffer, after: Buffer): string {
  const bytes = Buffer.from(new Pkcs10CertificateRequest(csr).rawData);
  after.copy(bytes, bytes.indexOf(before));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
}
