import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expiryOf, isDue, isFor, termOf } from './inspect';
import { type Bearer, type CertificatePair, certify, DAY_MS, issue, makeAuthority } from './issue';
import { keyPem } from './keys';
import {
  BasicConstraintsExtension,
  Name,
  X509Certificate as ParsedCertificate,
  X509CertificateGenerator,
} from './x509';

const NOW = Date.parse('2027-03-04T05:06:07.890Z');
const MINUTE_MS = 60_000;
const SERVER: Bearer = { commonName: 'shiplog-api', names: ['localhost', '10.96.0.1', 'fd00::1'], usage: ['server'] };

let authority: CertificatePair;
beforeAll(async () => {
  authority = await makeAuthority('shiplog-ca', { days: 3650, now: NOW });
});

const server = (given: Partial<Parameters<typeof issue>[1]> = {}) =>
  issue(authority, { ...SERVER, days: 90, now: NOW, ...given });

describe('an authority and what it issues', () => {
  it('an issued certificate is signed by the authority, belongs to its key, and is no authority', async () => {
    const { certificate, key } = await server();
    const [issuer, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(certificate)];
    expect(issuer.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(issuer)).toBe(true);
    expect(leaf.verify(issuer.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it('holds from five minutes ago for as many days as asked', async () => {
    const { from, to } = termOf((await server()).certificate);
    expect(new Date(from).toISOString()).toBe('2027-03-04T05:01:07.000Z');
    expect(new Date(to).toISOString()).toBe('2027-06-02T05:06:07.000Z');
  });

  it('ends no later than its authority', async () => {
    const { certificate } = await server({ days: 9999 });
    expect(expiryOf(certificate)).toBe(expiryOf(authority.certificate));
    const after = expiryOf(authority.certificate);
    await expect(server({ now: after })).rejects.toThrow('The authority expired at 2037-03-01T05:06:07.000Z.');
  });

  it('is for its names and uses, and for no others', async () => {
    const { certificate } = await server();
    expect(isFor(certificate, SERVER)).toBe(true);
    expect(isFor(certificate, { ...SERVER, names: ['10.96.0.1'] })).toBe(true);
    expect(isFor(certificate, { ...SERVER, names: ['10.96.0.2'] })).toBe(false);
    expect(isFor(certificate, { ...SERVER, names: ['shiplog-api'] })).toBe(false);
    expect(isFor(certificate, { ...SERVER, usage: ['client'] })).toBe(false);
    expect(isFor(certificate, { ...SERVER, usage: ['server', 'client'] })).toBe(false);
    expect(isFor(certificate, { ...SERVER, commonName: 'other' })).toBe(false);
  });

  it('is due when two thirds of its life are over', async () => {
    const { certificate } = await server({ days: 90 });
    expect(isDue(certificate, NOW + 60 * DAY_MS - 5 * MINUTE_MS)).toBe(false);
    expect(isDue(certificate, NOW + 60 * DAY_MS)).toBe(true);
  });

  it.each(['a=b,O=system:masters', 'kubelet.minion-1', '#3003020101', 'Žofie', '"x" + y\\'])(
    'a common name is one value, whatever is in it: %s',
    async (commonName) => {
      const { certificate } = await server({ commonName });
      expect(new ParsedCertificate(certificate).subjectName.toJSON()).toEqual([{ CN: [commonName] }]);
      expect(isFor(certificate, { ...SERVER, commonName })).toBe(true);
    },
  );

  it('refuses names that are none', async () => {
    await expect(server({ names: ['a b'] })).rejects.toThrow('"a b" must be a DNS name or an IP address.');
    await expect(server({ names: ['999.1.1.1/8'] })).rejects.toThrow('must be a DNS name or an IP address');
    await expect(server({ commonName: '' })).rejects.toThrow('must have 1 to 64 characters');
    await expect(server({ commonName: 'x'.repeat(65) })).rejects.toThrow('must have 1 to 64 characters');
  });

  it('certifies the key of somebody else, if it is on P-256', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = own.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const certificate = new X509Certificate(await certify(authority, spki, { ...SERVER, days: 1, now: NOW }));
    expect(certificate.checkPrivateKey(own.privateKey)).toBe(true);
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const rsa = weak.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    await expect(certify(authority, rsa, { ...SERVER, days: 1, now: NOW })).rejects.toThrow(
      'The key must be EC on P-256; this one is rsa.',
    );
  });

  it('issues under an RSA authority, repeating its name byte for byte', async () => {
    const old = await rsaAuthority();
    const { certificate } = await issue(old, { ...SERVER, days: 90, now: NOW });
    const [issuer, leaf] = [new ParsedCertificate(old.certificate), new ParsedCertificate(certificate)];
    expect(leaf.signatureAlgorithm).toMatchObject({ name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-256' } });
    expect(new X509Certificate(certificate).verify(new X509Certificate(old.certificate).publicKey)).toBe(true);
    expect(Buffer.from(leaf.issuerName.toArrayBuffer())).toEqual(Buffer.from(issuer.subjectName.toArrayBuffer()));
  });
});

describe('serial numbers', () => {
  /** Bytes as chance gives them, but the troublesome first ones often. */
  const serials = fc
    .tuple(
      fc.constantFrom([], [0], [0, 0], [0, 0x7f], [0, 0x80], [0x80], [0xff]),
      fc.uint8Array({ minLength: 1, maxLength: 18 }),
    )
    .map(([first, rest]) => Uint8Array.from([...first, ...rest]))
    .filter((bytes) => bytes.some((byte) => byte > 0));

  it('are the given bytes as a positive number, which OpenSSL reads', async () => {
    const checks = fc.asyncProperty(serials, async (serialNumber) => {
      const { certificate } = await server({ serialNumber });
      const wanted = BigInt(`0x${Buffer.from(serialNumber).toString('hex')}`);
      expect(BigInt(`0x${new X509Certificate(certificate).serialNumber}`)).toBe(wanted);
    });
    await fc.assert(checks, { numRuns: 50 });
  }, 30_000);

  it('are random when not given', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => server()));
    expect(new Set(made.map(({ certificate }) => new X509Certificate(certificate).serialNumber)).size).toBe(20);
  });
});

/** As homes of before have it: RSA, and a name in the type of text that node-forge chose. */
async function rsaAuthority(): Promise<CertificatePair> {
  const rsa = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Buffer.from([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify']);
  const name = new Name([{ CN: [{ printableString: 'shiplog-ca' }] }]);
  const term = { notBefore: new Date(NOW - 60 * MINUTE_MS), notAfter: new Date(NOW + 3650 * DAY_MS) };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...term,
    name,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return { certificate: certificate.toString('pem'), key: keyPem(keys.privateKey) };
}
