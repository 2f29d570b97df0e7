import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type Bearer, USAGE_OIDS } from './issue';
import { X509Certificate as ParsedCertificate } from './x509';

/** When a certificate (PEM) ends, in milliseconds since 1970. */
export function expiryOf(certificate: string): number {
  return termOf(certificate).to;
}

/** From when to when a certificate (PEM) holds, in milliseconds since 1970. */
export function termOf(certificate: string): { from: number; to: number } {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}

/** Whether it is time to replace a certificate (PEM): two thirds of its life are over, so that a third is left to do it. */
export function isDue(certificate: string, now: number): boolean {
  const { from, to } = termOf(certificate);
  return now >= from + ((to - from) * 2) / 3;
}

/** Whether a certificate (PEM) is for this bearer: of its name, valid under each of its names, and for its uses only. */
export function isFor(certificate: string, { commonName, names = [], usage }: Bearer): boolean {
  const found = new X509Certificate(certificate);
  // Absent in a certificate that may be used for everything.
  const uses: readonly string[] = found.keyUsage ?? [];
  return (
    new ParsedCertificate(certificate).subjectName.getField('CN').join() === commonName &&
    names.every((name) => isCalled(found, name)) &&
    uses.length === usage.length &&
    usage.every((use) => uses.includes(USAGE_OIDS[use]))
  );
}

function isCalled(certificate: X509Certificate, name: string): boolean {
  const found = isIP(name) !== 0 ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' });
  return found !== undefined;
}
