import { issue, makeAuthority } from '@shiplog/pki';

/** A certificate of this machine for a test's server, and the authority that signed it; all PEM. */
export async function makeCertificate(): Promise<{ ca: string; cert: string; key: string }> {
  const term = { days: 1, now: Date.now() };
  const authority = await makeAuthority('shiplog test', term);
  const names = ['127.0.0.1', 'localhost'];
  const server = await issue(authority, { commonName: 'localhost', names, usage: ['server'], ...term });
  return { ca: authority.certificate, cert: server.certificate, key: server.key };
}
