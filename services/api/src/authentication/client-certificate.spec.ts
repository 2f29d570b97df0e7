import type { TLSSocket } from 'node:tls';
import { clientCertificateOf } from './client-certificate';

const FINGERPRINT = 'AB:CD';
const socketWith = (certificate: object, authorized = true): TLSSocket =>
  ({ authorized, getPeerCertificate: () => certificate }) as unknown as TLSSocket;
const shown = (subject: object): object => ({
  subject,
  fingerprint256: FINGERPRINT,
  valid_to: 'Nov 27 09:00:00 2026 GMT',
});

describe('the certificate of a connection', () => {
  it('names a user and groups', () => {
    expect(clientCertificateOf(socketWith(shown({ CN: 'jane', O: ['dev', 'ops', 'dev'] })))).toEqual({
      isTrusted: true,
      ends: Date.parse('2026-11-27T09:00:00Z'),
      user: {
        name: 'jane',
        uid: '',
        groups: ['dev', 'ops', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=abcd'] },
      },
    });
    expect(clientCertificateOf(socketWith(shown({ CN: ['a', 'b'], O: 'dev' }), false))).toMatchObject({
      isTrusted: false,
      user: { name: 'b', groups: ['dev', 'system:authenticated'] },
    });
  });

  it('may name nobody, or not be there', () => {
    expect(clientCertificateOf(socketWith(shown({ O: 'dev' })))?.user).toBeUndefined();
    expect(clientCertificateOf(socketWith({}))).toBeUndefined();
    expect(clientCertificateOf({} as TLSSocket)).toBeUndefined();
  });
});
