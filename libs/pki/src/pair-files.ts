import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CertificatePair } from './issue';

/** Where a certificate and its private key are kept. */
export interface PairPaths {
  readonly certificate: string;
  readonly key: string;
}

/**
 * What is wrong with a kept file: it isn't there; it can't be read or is something else; it has expired; it isn't valid yet
 * by this machine's clock; the key isn't the certificate's; another authority signed it, or it is none itself.
 */
export type Fault = 'missing' | 'unreadable' | 'expired' | 'early' | 'mismatched' | 'foreign';

/** A kept certificate or key that can't be used: the message says which file, and why. */
export class UnusableFile extends Error {
  constructor(
    readonly path: string,
    readonly fault: Fault,
    reason: string,
  ) {
    super(`${path} ${reason}`);
    this.name = 'UnusableFile';
  }
}

/**
 * Reads a certificate with its key and proves that they can be used: OpenSSL reads them, they belong together, now is in
 * their term, and the authority signed them.
 * @param trust the authority's certificate (PEM), and now in milliseconds since 1970
 * @throws UnusableFile
 */
export function readPair(paths: PairPaths, trust: { authority: string; now: number }): CertificatePair {
  return proven(paths, trust.now, new X509Certificate(trust.authority));
}

/**
 * Reads an authority with its key, as {@link readPair} does.
 * @throws UnusableFile
 */
export function readAuthority(paths: PairPaths, now: number): CertificatePair {
  return proven(paths, now, undefined);
}

/** @param authority undefined when the certificate must be one itself */
function proven(paths: PairPaths, now: number, authority: X509Certificate | undefined): CertificatePair {
  const pair = { certificate: text(paths.certificate), key: text(paths.key) };
  const certificate = openSsl(paths.certificate, 'certificate', () => new X509Certificate(pair.certificate));
  const key = openSsl(paths.key, 'private key', () => createPrivateKey(pair.key));
  checkKey(paths, certificate, key);
  checkTerm(paths.certificate, certificate, now);
  checkIssuer(paths.certificate, certificate, authority);
  return pair;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!existsSync(path)) throw new UnusableFile(path, 'missing', 'is missing');
    throw new UnusableFile(path, 'unreadable', `can't be read: ${reasonOf(error)}`);
  }
}

function openSsl<T>(path: string, kind: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UnusableFile(path, 'unreadable', `is not a ${kind} that OpenSSL can read (${reasonOf(error)})`);
  }
}

function checkKey(paths: PairPaths, certificate: X509Certificate, key: KeyObject): void {
  if (!certificate.checkPrivateKey(key))
    throw new UnusableFile(paths.key, 'mismatched', `is not the key of ${paths.certificate}`);
}

function checkTerm(path: string, { validFrom, validTo }: X509Certificate, now: number): void {
  const clock = `and this machine's clock says ${new Date(now).toISOString()}`;
  if (now >= Date.parse(validTo)) throw new UnusableFile(path, 'expired', `expired at ${validTo}, ${clock}`);
  if (now < Date.parse(validFrom)) throw new UnusableFile(path, 'early', `is valid only from ${validFrom}, ${clock}`);
}

function checkIssuer(path: string, certificate: X509Certificate, authority: X509Certificate | undefined): void {
  const issuer = authority ?? certificate;
  if (!issuer.ca) throw new UnusableFile(path, 'foreign', 'is not the certificate of an authority');
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
    throw new UnusableFile(
      path,
      'foreign',
      `is not signed by ${authority === undefined ? 'itself' : `the authority ${issuer.subject}`}`,
    );
  }
}

/**
 * Keeps a pair: each file changes as a whole, the key first, and the key is for its owner only. A reader between the two
 * finds a key that isn't the certificate's, and should look again.
 */
export function writePair(paths: PairPaths, pair: CertificatePair): void {
  mkdirSync(dirname(paths.key), { recursive: true, mode: 0o700 });
  settlePair(paths);
  writeFileSync(coming(paths.key), pair.key, { mode: 0o600, flag: 'wx', flush: true });
  writeFileSync(coming(paths.certificate), pair.certificate, { mode: 0o644, flag: 'wx', flush: true });
  renameSync(coming(paths.key), paths.key);
  renameSync(coming(paths.certificate), paths.certificate);
}

/**
 * Ends what a writer that was killed had begun: a new certificate without its new key beside it means that the key is in
 * place already; anything else is dropped. For the one process that writes this pair.
 */
export function settlePair(paths: PairPaths): void {
  const keyIsPlaced = existsSync(coming(paths.certificate)) && !existsSync(coming(paths.key));
  if (keyIsPlaced) return renameSync(coming(paths.certificate), paths.certificate);
  // In this order: the certificate alone would mean the other case.
  rmSync(coming(paths.certificate), { force: true });
  rmSync(coming(paths.key), { force: true });
}

const coming = (path: string): string => `${path}.new`;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
