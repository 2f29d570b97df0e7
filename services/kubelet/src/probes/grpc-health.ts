import { STATUS_CODES } from 'node:http';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import { BackOff, pause } from '@shiplog/wait';
import { goDurationOf } from '@shiplog/kube';
import { requestOf, statusOf } from './grpc-message';
import { KUBERNETES_VERSION } from './http-get';

/** Which service of which server is meant. */
export interface HealthAsking {
  readonly host: string;
  readonly port: number;
  /** '' for the server as a whole. */
  readonly service: string;
  readonly timeoutMs: number;
}

/** What the call came to: a status of gRPC, and what was answered when that is OK. */
interface CallResult {
  readonly code: number;
  readonly message: string;
  readonly serving?: number;
}

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

const PATH = '/grpc.health.v1.Health/Check';
/** Of gRPC's own client: between attempts to connect. */
const BACK_OFF = { firstMs: 1_000, longestMs: 120_000 };
/** More than any answer of the health service has. */
const ANSWER_LIMIT = 10 * 1024;
/** By number, in gRPC's spelling. */
const CODES = [
  ...['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists'],
  ...['PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented'],
  ...['Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'],
];
const codeOf = (name: string): number => CODES.indexOf(name);
const SERVING = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
/** What gRPC makes of HTTP's own failures. */
const CODES_OF_HTTP: ReadonlyMap<number, string> = new Map([
  [400, 'Internal'],
  [401, 'Unauthenticated'],
  [403, 'PermissionDenied'],
  [404, 'Unimplemented'],
  [429, 'Unavailable'],
  [502, 'Unavailable'],
  [503, 'Unavailable'],
  [504, 'Unavailable'],
]);
/** Why HTTP/2 ends a stream, by number, and what gRPC makes of it. */
const RESETS = [
  ['NO_ERROR', 'Internal'],
  ['PROTOCOL_ERROR', 'Internal'],
  ['INTERNAL_ERROR', 'Internal'],
  ['FLOW_CONTROL_ERROR', 'ResourceExhausted'],
  ['SETTINGS_TIMEOUT', 'Internal'],
  ['STREAM_CLOSED', 'Internal'],
  ['FRAME_SIZE_ERROR', 'Internal'],
  ['REFUSED_STREAM', 'Unavailable'],
  ['CANCEL', 'Canceled'],
  ['COMPRESSION_ERROR', 'Internal'],
  ['CONNECT_ERROR', 'Internal'],
  ['ENHANCE_YOUR_CALM', 'ResourceExhausted'],
  ['INADEQUATE_SECURITY', 'PermissionDenied'],
  ['HTTP_1_1_REQUIRED', 'Internal'],
] as const;

/**
 * Asks a server by gRPC's health protocol, as Kubernetes' kubelet does (pkg/probe/grpc): HTTP/2 without TLS, and until the
 * time limit again and again when there is no connection. Never throws.
 */
export async function checkGrpcHealth(
  asking: HealthAsking,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const authority = asking.host.includes(':') ? `[${asking.host}]:${asking.port}` : `${asking.host}:${asking.port}`;
  const limit = goDurationOf(asking.timeoutMs);
  const deadline = AbortSignal.timeout(asking.timeoutMs);
  const session = await connected(authority, deadline);
  if (session === undefined) {
    const output = `timeout: failed to connect service "${authority}" within ${limit}: context deadline exceeded`;
    return { ok: false, output };
  }
  try {
    return verdictOf(await call(session, asking, deadline), limit);
  } finally {
    session.destroy();
  }
}

function verdictOf({ code, message, serving = 0 }: CallResult, limit: string): { ok: boolean; output: string } {
  const name = CODES[code] ?? `Code(${code})`;
  switch (name) {
    case 'OK':
      if (SERVING[serving] === 'SERVING') return { ok: true, output: 'service healthy' };
      return { ok: false, output: `service unhealthy (responded with "${SERVING[serving] ?? serving}")` };
    case 'Unimplemented': {
      const description = 'this server does not implement the grpc health protocol (grpc.health.v1.Health)';
      return { ok: false, output: `error: ${description}: ${message}` };
    }
    case 'DeadlineExceeded':
      return { ok: false, output: `timeout: health rpc did not complete within ${limit}` };
    default:
      return { ok: false, output: `error: health rpc probe failed: rpc error: code = ${name} desc = ${message}` };
  }
}

/** A session with a server that speaks HTTP/2; undefined when there was none before the deadline. */
async function connected(authority: string, deadline: AbortSignal): Promise<ClientHttp2Session | undefined> {
  const backOff = new BackOff(BACK_OFF);
  while (!deadline.aborted) {
    const session = await open(authority, deadline);
    if (session !== undefined) return session;
    await pause(backOff.failed(), deadline);
  }
  return undefined;
}

/** One attempt: a server that speaks HTTP/2 begins with its settings. The session ends with the deadline. */
function open(authority: string, deadline: AbortSignal): Promise<ClientHttp2Session | undefined> {
  return new Promise((resolve) => {
    const session = connect(`http://${authority}`);
    // Whatever is wrong with it, its end follows.
    session.on('error', () => undefined);
    session.on('close', () => resolve(undefined));
    session.on('remoteSettings', () => resolve(session));
    deadline.addEventListener('abort', () => session.destroy(), { once: true });
  });
}

function call(
  session: ClientHttp2Session,
  { service, timeoutMs }: HealthAsking,
  deadline: AbortSignal,
): Promise<CallResult> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      'grpc-timeout': `${timeoutMs}m`,
      te: 'trailers',
      'user-agent': `kube-probe/${KUBERNETES_VERSION}`,
    });
    const headers: Headers = {};
    const parts: Buffer[] = [];
    let size = 0;
    // A call that fails has all it has to say in the headers, one that does not in the trailers.
    stream.on('response', (some) => Object.assign(headers, some));
    stream.on('trailers', (some) => Object.assign(headers, some));
    stream.on('error', () => undefined);
    stream.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size > ANSWER_LIMIT) stream.destroy();
    });
    stream.on('close', () => {
      if (deadline.aborted) resolve(failed('DeadlineExceeded', ''));
      else if (size > ANSWER_LIMIT) resolve(failed('ResourceExhausted', 'grpc: received message larger than max'));
      else resolve(resultOf(headers, Buffer.concat(parts)) ?? brokenOff(stream.rstCode, session));
    });
    stream.end(requestOf(service));
  });
}

function failed(name: string, message: string): CallResult {
  return { code: codeOf(name), message };
}

/** Of a stream that ended without a word on how the call did. */
function brokenOff(rstCode: number | undefined, session: ClientHttp2Session): CallResult {
  if (session.destroyed) return failed('Unavailable', 'error reading from server: EOF');
  if (!rstCode) return failed('Internal', 'server closed the stream without sending trailers');
  const [name, code] = RESETS[rstCode] ?? [String(rstCode), 'Internal'];
  return failed(code, `stream terminated by RST_STREAM with error code: ${name}`);
}

/** What headers and trailers together say of a call; undefined when they do not say how it ended. */
function resultOf(headers: Headers, answer: Buffer): CallResult | undefined {
  const { ':status': http, 'content-type': type, 'grpc-status': status, 'grpc-message': message = '' } = headers;
  if (http === undefined) return undefined;
  if (http !== 200 || type?.startsWith('application/grpc') !== true) return failedByHttp(http, type);
  if (status === undefined) return undefined;
  const code = Number(status);
  if (code !== codeOf('OK')) return { code, message: decoded(String(message)) };
  const serving = statusOf(answer);
  return serving === undefined ? failed('Internal', 'unexpected EOF') : { code, message: '', serving };
}

function failedByHttp(http: number, type: string | undefined): CallResult {
  const found = type === undefined ? 'missing content-type field' : `received unexpected content-type "${type}"`;
  const suffix = type?.startsWith('application/grpc') === true ? '' : `; transport: ${found}`;
  const description = `unexpected HTTP status code received from server: ${http} (${STATUS_CODES[http] ?? ''})${suffix}`;
  return failed(CODES_OF_HTTP.get(http) ?? 'Unknown', description);
}

/** Percent-encoded UTF-8; what is not stays as it is. */
function decoded(message: string): string {
  return message.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}
