import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from './x509';
import { type Bearer, type CertificatePair, certify, nameOf, type Term } from './issue';
import { CURVE, keyPem, makeKeys, publicKeyBytes } from './keys';

/** A request for a P-256 key is 400 bytes as PEM; more is something else. */
const LONGEST_REQUEST = 4096;

/** A request for a certificate cannot be granted; the message says why. */
export class RequestRejected extends Error {
  constructor(reason: string) {
    super(`The certificate request ${reason}.`);
    this.name = 'RequestRejected';
  }
}

/** Makes a key, which stays here, and a request (PKCS #10) that proves its possession; both PEM. */
export async function requestFor(commonName: string): Promise<{ csr: string; key: string }> {
  const keys = await makeKeys();
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: nameOf(commonName), keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } },
    webcrypto,
  );
  return { csr: `${request.toString('pem')}\n`, key: keyPem(keys.privateKey) };
}

/**
 * Grants a request of a machine that keeps its key. Only the public key is taken from it: who the bearer is, and what
 * it may do, is for the one who grants to say.
 * @param csr PKCS #10, PEM
 * @returns the certificate, PEM
 * @throws RequestRejected when it is no request, isn't signed with its own key, or the key is of another kind than
 * {@link requestFor} makes
 */
export async function issueFromRequest(
  authority: CertificatePair,
  csr: string,
  wanted: Bearer & Term,
): Promise<string> {
  const publicKey = await provenKey(csr);
  return certify(authority, publicKey, wanted);
}

/** The public key (SPKI) of a request, once its signature shows that the sender has the private one. */
async function provenKey(csr: string): Promise<Uint8Array> {
  if (csr.length > LONGEST_REQUEST) throw new RequestRejected(`must be at most ${LONGEST_REQUEST} characters long`);
  const request = parsed(csr);
  const publicKey = new Uint8Array(request.publicKey.rawData);
  if (!isCertifiable(publicKey)) throw new RequestRejected(`must be for an EC key on ${CURVE}`);
  if (!(await request.verify(webcrypto).catch(() => false))) {
    throw new RequestRejected('must be signed with the private key of its public key');
  }
  return publicKey;
}

function parsed(csr: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(csr);
  } catch {
    throw new RequestRejected('must be PKCS #10 as PEM');
  }
}

function isCertifiable(publicKey: Uint8Array): boolean {
  try {
    publicKeyBytes(publicKey);
    return true;
  } catch {
    return false;
  }
}
