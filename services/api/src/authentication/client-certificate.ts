import { AUTHENTICATED } from '@shiplog/contracts';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { User } from '../rest/request';

/** The certificate that a client has shown for its connection. */
export interface ClientCertificate {
  /** Whether the client authority has signed it for clients, and its time had come. */
  readonly isTrusted: boolean;
  /** When it ends, in milliseconds since 1970: the connection may last longer. */
  readonly ends: number;
  /** Whom it names: undefined for nobody. */
  readonly user: User | undefined;
}

/** The certificate of a connection is read once. */
const known = new WeakMap<object, ClientCertificate | 'none'>();

/** What the other side of a connection has shown; undefined for none. */
export function clientCertificateOf(socket: Socket): ClientCertificate | undefined {
  let found = known.get(socket);
  if (found === undefined) known.set(socket, (found = read(socket as TLSSocket) ?? 'none'));
  return found === 'none' ? undefined : found;
}

function read(socket: TLSSocket): ClientCertificate | undefined {
  // Nothing is shown where nothing is encrypted.
  if (typeof socket.getPeerCertificate !== 'function') return undefined;
  const { subject, fingerprint256, valid_to: ends } = socket.getPeerCertificate();
  // Node's word for none is an empty object, which its types do not know.
  if (fingerprint256 === (undefined as unknown)) return undefined;
  return { isTrusted: socket.authorized, ends: Date.parse(ends), user: userOf(subject, fingerprint256) };
}

/** As Kubernetes reads it: the common name is the user's, the organizations are the user's groups. */
function userOf(subject: unknown, fingerprint: string): User | undefined {
  const { CN: names = '', O: groups = [] } = (subject ?? {}) as Record<'CN' | 'O', string | string[] | undefined>;
  // The last one, as Go has it.
  const name = [names].flat().at(-1) ?? '';
  if (name === '') return undefined;
  const digest = fingerprint.replaceAll(':', '').toLowerCase();
  return {
    name,
    uid: '',
    groups: [...new Set([...[groups].flat(), AUTHENTICATED])],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${digest}`] },
  };
}
