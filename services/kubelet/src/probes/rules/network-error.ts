/** What of Node's network errors tells what went wrong. */
export interface NetworkError {
  readonly code?: string;
  readonly syscall?: string;
  readonly message: string;
  /** Of HTTP's parser: the bytes that it could not take for an answer. */
  readonly rawPacket?: Uint8Array;
  /** Of name lookups. */
  readonly hostname?: string;
}

/** Errors of the kernel in the words of Go's syscall package, which are those of Linux. */
const ERRNO: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'cannot assign requested address',
  ECONNABORTED: 'software caused connection abort',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  EINVAL: 'invalid argument',
  ENETUNREACH: 'network is unreachable',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
};
const LOOKUP: Readonly<Record<string, string>> = { ENOTFOUND: 'no such host', EAI_AGAIN: 'server misbehaving' };

/** Why there is no connection to `address`, as Go's `net.Dial` says it; undefined when connecting is not what failed. */
export function renderDialError({ code = '', syscall, hostname }: NetworkError, address: string): string | undefined {
  if (syscall === 'getaddrinfo') return `dial tcp: lookup ${hostname}: ${LOOKUP[code] ?? code}`;
  const reason = ERRNO[code];
  return syscall === 'connect' && reason !== undefined ? `dial tcp ${address}: connect: ${reason}` : undefined;
}

/** The two ends of a connection, for those errors that name them. */
export interface Ends {
  readonly local?: string;
  readonly remote: string;
}

/** Why an HTTP request had no answer, as Go's net/http says it: that is what users of Kubernetes read and search for. */
export function renderHttpError(error: NetworkError, { local, remote }: Ends): string {
  const dialing = renderDialError(error, remote);
  if (dialing !== undefined) return dialing;
  const { code = '', syscall, message } = error;
  const ends = local === undefined ? remote : `${local}->${remote}`;
  if (syscall === 'read' || syscall === 'write') {
    if (ERRNO[code] !== undefined) return `${syscall} tcp ${ends}: ${syscall}: ${ERRNO[code]}`;
  }
  // Node's word for a connection that was closed in place of an answer.
  if (code === 'ECONNRESET') return 'EOF';
  if (code.startsWith('HPE_')) return `net/http: HTTP/1.x transport connection broken: ${malformed(error)}`;
  return tlsError(message) ?? message;
}

function tlsError(message: string): string | undefined {
  // Servers that know no TLS answer in plain HTTP.
  if (/wrong version number|packet length too long|http request/.test(message))
    return 'http: server gave HTTP response to HTTPS client';
  const alert = /alert ([a-z ]+)/.exec(message)?.[1];
  return alert === undefined ? undefined : `remote error: tls: ${alert.trim()}`;
}

/** What is wrong with the first line of an answer (Go's net/http.ReadResponse). */
function malformed({ rawPacket, message }: NetworkError): string {
  const [line = ''] = Buffer.from(rawPacket ?? [])
    .toString('latin1')
    .split(/\r?\n/, 1);
  const [protocol = '', status] = line.split(/ +(.*)/s, 2);
  if (status === undefined) return `malformed HTTP response ${JSON.stringify(line)}`;
  const [code = ''] = status.split(' ', 1);
  if (!/^\d{3}$/.test(code)) return `malformed HTTP status code ${JSON.stringify(code)}`;
  if (!/^HTTP\/\d\.\d$/.test(protocol)) return `malformed HTTP version ${JSON.stringify(protocol)}`;
  return message;
}
