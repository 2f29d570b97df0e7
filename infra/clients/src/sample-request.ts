import { readManifests, type Manifest } from '@shiplog/testing';

/** The request for a certificate that is among the manifests, under another name. */
export function csr(name: string): Manifest {
  const found = readManifests().find(({ kind }) => kind === 'CertificateSigningRequest');
  if (found === undefined) throw new Error('there is no manifest of a CertificateSigningRequest');
  return { ...found, metadata: { name } };
}
