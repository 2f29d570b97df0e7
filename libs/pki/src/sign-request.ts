import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509';
import { type CertificatePair, SKEW_MS } from './issue';
import { signingKey } from './keys';
import { RequestRejected } from './request';

/** A request for an RSA key of 8,192 bits with a hundred names is a third of this. */
const LONGEST_REQUEST = 16_384;

/** What a request (PKCS #10) says of who makes it. */
export interface RequestedIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

/** What a certificate may be used for, in the words of Kubernetes. */
export const REQUEST_USAGES = ['digital signature', 'key encipherment', 'client auth', 'server auth'] as const;
export type RequestUsage = (typeof REQUEST_USAGES)[number];

/**
 * What a request says, once its signature shows that the sender has its key.
 * @param csr PKCS #10, PEM
 * @throws RequestRejected when it is no request, or isn't signed with its own key
 */
export async function readRequest(csr: string): Promise<RequestedIdentity> {
  const request = parsed(csr);
  if (!(await request.verify(webcrypto).catch(() => false))) {
    throw new RequestRejected('must be signed with the private key of its public key');
  }
  const names = alternativeNames(request)?.names.items ?? [];
  const ofType = (type: string): string[] => names.flatMap((name) => (name.type === type ? [name.value] : []));
  return {
    commonName: request.subjectName.getField('CN').at(-1) ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: ofType('dns'),
    ipAddresses: ofType('ip'),
    emailAddresses: ofType('email'),
    uris: ofType('url'),
  };
}

/**
 * Signs a request as it is: its subject, its names and its key, whatever they are. Who may have such a certificate is for the
 * caller to know.
 * @param from, to milliseconds since 1970; it ends no later than the authority
 * @returns the certificate, PEM
 */
export async function signRequest(
  authority: CertificatePair,
  csr: string,
  { usages, from, to }: { readonly usages: readonly RequestUsage[]; readonly from: number; readonly to: number },
): Promise<string> {
  const request = parsed(csr);
  const issuer = new X509Certificate(authority.certificate);
  const names = alternativeNames(request);
  const uses = usages.flatMap((usage) => EXTENDED[usage] ?? []);
  const flags = usages.reduce((sum, usage) => sum | (FLAGS[usage] ?? 0), 0);
  const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
  const certificate = await X509CertificateGenerator.create(
    {
      notBefore: seconds(from - SKEW_MS),
      notAfter: seconds(Math.min(to, issuer.notAfter.getTime())),
      subject: request.subjectName,
      issuer: issuer.subjectName,
      publicKey: request.publicKey,
      signingKey: await signingKey(authority.key),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        ...(flags === 0 ? [] : [new KeyUsagesExtension(flags, true)]),
        ...(uses.length === 0 ? [] : [new ExtendedKeyUsageExtension(uses)]),
        ...(names === undefined ? [] : [names]),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return `${certificate.toString('pem')}\n`;
}

const FLAGS: Readonly<Partial<Record<RequestUsage, number>>> = {
  'digital signature': KeyUsageFlags.digitalSignature,
  'key encipherment': KeyUsageFlags.keyEncipherment,
};
const EXTENDED: Readonly<Partial<Record<RequestUsage, string>>> = {
  'client auth': ExtendedKeyUsage.clientAuth,
  'server auth': ExtendedKeyUsage.serverAuth,
};

function alternativeNames({ extensions }: Pkcs10CertificateRequest): SubjectAlternativeNameExtension | undefined {
  return extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);
}

function parsed(csr: string): Pkcs10CertificateRequest {
  if (csr.length > LONGEST_REQUEST) throw new RequestRejected(`must be at most ${LONGEST_REQUEST} characters long`);
  try {
    return new Pkcs10CertificateRequest(csr);
  } catch {
    throw new RequestRejected('must be PKCS #10 as PEM');
  }
}
