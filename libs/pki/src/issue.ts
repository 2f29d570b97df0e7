import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509';
import { keyPem, makeKeys, publicKeyBytes, signingKey } from './keys';

/** A certificate is valid from a little before it is made: the clocks of two machines differ. */
export const SKEW_MS = 5 * 60_000;
export const DAY_MS = 24 * 3_600_000;
/** RFC 5280, upper bound of a common name. */
const LONGEST_COMMON_NAME = 64;
const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** A certificate and its private key, both PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** How long a certificate holds, from when. */
export interface Term {
  readonly days: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** At most 20 bytes, read as a positive number (RFC 5280 4.1.2.2); random when not given. */
  readonly serialNumber?: Uint8Array;
}

/** What a TLS certificate may be used for: to be called under its names, or to say who calls. */
export type Usage = 'server' | 'client';

/** Whom a certificate is for. */
export interface Bearer {
  readonly commonName: string;
  /** DNS names and IP addresses under which the bearer is called. */
  readonly names?: readonly string[];
  readonly usage: readonly Usage[];
}

/** The object identifiers of extended key usage (RFC 5280 4.2.1.12). */
export const USAGE_OIDS: Readonly<Record<Usage, string>> = {
  server: ExtendedKeyUsage.serverAuth,
  client: ExtendedKeyUsage.clientAuth,
};

/** Makes a certificate authority that signs its own certificate, and may sign those of bearers but of no authority. */
export async function makeAuthority(commonName: string, term: Term): Promise<CertificatePair> {
  const keys = await makeKeys();
  const name = nameOf(commonName);
  const certificate = await X509CertificateGenerator.create(
    {
      ...validity(term),
      subject: name,
      issuer: name,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate), key: keyPem(keys.privateKey) };
}

/** Makes a key, and a certificate for it. */
export async function issue(authority: CertificatePair, wanted: Bearer & Term): Promise<CertificatePair> {
  const keys = await makeKeys();
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  return { certificate: await certify(authority, publicKey, wanted), key: keyPem(keys.privateKey) };
}

/**
 * Makes a certificate for the key of somebody who keeps the private half.
 * @param publicKey SPKI, as PEM or DER; EC on P-256
 * @returns the certificate, PEM
 * @throws Error for another kind of key, for a name that is neither DNS name nor IP address, and when the authority has
 * expired
 */
export async function certify(
  authority: CertificatePair,
  publicKey: string | Uint8Array,
  wanted: Bearer & Term,
): Promise<string> {
  const issuer = new X509Certificate(authority.certificate);
  const key = new PublicKey(publicKeyBytes(publicKey));
  const certificate = await X509CertificateGenerator.create(
    {
      ...validity(wanted, issuer.notAfter.getTime()),
      subject: nameOf(wanted.commonName),
      // The very bytes: Go's clients compare the names of issuer and authority by them.
      issuer: issuer.subjectName,
      publicKey: key,
      signingKey: await signingKey(authority.key),
      extensions: [
        new BasicConstraintsExtension(false),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(wanted.usage.map((usage) => USAGE_OIDS[usage])),
        ...alternativeNames(wanted.names ?? []),
        await SubjectKeyIdentifierExtension.create(key, false, webcrypto),
        await authorityKeyIdentifier(issuer),
      ],
    },
    webcrypto,
  );
  return pem(certificate);
}

/** A certificate's dates are whole seconds, and it ends no later than the authority that vouches for it. */
function validity({ days, now, serialNumber }: Term, latest = Number.POSITIVE_INFINITY) {
  if (latest <= now) throw new Error(`The authority expired at ${new Date(latest).toISOString()}.`);
  const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
  return {
    notBefore: seconds(now - SKEW_MS),
    notAfter: seconds(Math.min(now + days * DAY_MS, latest)),
    // The library encodes the bytes as the shortest positive number that DER has for them.
    serialNumber: serialNumber && Buffer.from(serialNumber).toString('hex'),
  };
}

/** A name that is one common name: given as a value, so that no character of it can begin another attribute. */
export function nameOf(commonName: string): Name {
  if (commonName === '' || commonName.length > LONGEST_COMMON_NAME)
    throw new Error(`A common name must have 1 to ${LONGEST_COMMON_NAME} characters, not "${commonName}".`);
  return new Name([{ CN: [{ utf8String: commonName }] }]);
}

function alternativeNames(names: readonly string[]): SubjectAlternativeNameExtension[] {
  if (names.length === 0) return [];
  return [
    new SubjectAlternativeNameExtension(
      names.map((name) => {
        if (isIP(name) !== 0) return { type: 'ip' as const, value: name };
        if (DNS_NAME.test(name)) return { type: 'dns' as const, value: name };
        throw new Error(`"${name}" must be a DNS name or an IP address.`);
      }),
    ),
  ];
}

/** As the authority's own certificate gives it, however it was computed there. */
async function authorityKeyIdentifier(issuer: X509Certificate): Promise<AuthorityKeyIdentifierExtension> {
  const own = issuer.getExtension(SubjectKeyIdentifierExtension);
  if (own !== null) return new AuthorityKeyIdentifierExtension(own.keyId);
  return AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto);
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
