import { readFileSync } from 'node:fs';
import { inboxOf, type Identity } from '@shiplog/contracts';
import { BackOff, pause } from '@shiplog/wait';
import { connect, ErrorCode, nkeyAuthenticator, nkeys, type ConnectionOptions, type NatsConnection } from 'nats';
import { PING_MS } from './hearing';

/** Files of a process' own credentials; all of them together, or none. */
export interface Credentials {
  /** The authority that the server's certificate must come from, PEM. */
  readonly caFile?: string;
  /** The certificate, and its key, with which this process shows itself to the server, PEM. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The seed of its nkey: one line. */
  readonly seedFile?: string;
}

export interface ConnectOptions {
  /** `nats://` in clear, `tls://` encrypted or not at all; with `user:password@` where the server wants that. */
  readonly url: string;
  /** For the server's lists of connections. */
  readonly name: string;
  /** As whom this process speaks. */
  readonly identity: Identity;
  readonly credentials?: Credentials;
  /** Called each time that the server is not there yet. */
  readonly onWaiting?: (error: unknown) => void;
  /** After how many the server that is not there is given up, and the last error thrown; default: never. */
  readonly attempts?: number;
}

const BACK_OFF = { firstMs: 100, longestMs: 2_000 };
/** How long one attempt to connect may take, in milliseconds: bytes that are eaten now may pass the next time. */
const DIAL_MS = 5_000;

/** The server was reached and can't be spoken with: trying again would not help. The message says what would. */
export class ConnectionRefused extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ConnectionRefused';
  }
}

/** Connects, and stays connected: NATS may come late, go away and come back. Throws ConnectionRefused. */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
  const backOff = new BackOff(BACK_OFF);
  for (;;) {
    try {
      return await connect(connectionOptions(options));
    } catch (error) {
      if (error instanceof ConnectionRefused) throw error;
      const refusal = refusalOf(error, options);
      if (refusal !== undefined) throw new ConnectionRefused(refusal, error);
      const waitMs = backOff.failed();
      if (backOff.failures >= (options.attempts ?? Infinity)) throw error;
      options.onWaiting?.(hintOn(error, options));
      await pause(waitMs);
    }
  }
}

function connectionOptions({ url, name, identity, credentials = {} }: ConnectOptions): ConnectionOptions {
  const { protocol, ...server } = serverOf(url);
  const { caFile, certFile, keyFile, seedFile } = credentials;
  return {
    ...server,
    ...(protocol === 'tls:'
      ? { tls: { ...hostOf(server.servers), ca: textOf(caFile), cert: textOf(certFile), key: textOf(keyFile) } }
      : {}),
    ...(seedFile === undefined ? {} : { authenticator: nkeyAuthenticator(readSeed(seedFile)) }),
    name,
    inboxPrefix: inboxOf(identity),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    timeout: DIAL_MS,
    // What comes of pings without an answer, hearing.ts says: nats.js would wait for a socket that takes nothing.
    pingInterval: PING_MS,
    maxPingOut: Infinity,
    noEcho: false,
    // A stack trace kept for every request costs more than the request.
    noAsyncTraces: true,
    ...gatherWrites,
  };
}

/**
 * What is published in one go is handed to the socket in pieces of this size at most: nats.js' own 32 kB cut a
 * commit's events into many writes, each of which wakes the server. The option is not among its documented ones.
 */
const gatherWrites = { pendingLimit: 256 * 1024 };

/** nats.js takes credentials beside the address, users write them in the URL: `nats://user:password@host:4222`. */
function serverOf(url: string): { protocol: string; servers: string; user?: string; pass?: string; token?: string } {
  const parsed = new URL(url);
  const { protocol } = parsed;
  const servers = `${parsed.hostname}:${parsed.port === '' ? '4222' : parsed.port}`;
  if (parsed.username === '') return { protocol, servers };
  const user = decodeURIComponent(parsed.username);
  if (parsed.password === '') return { protocol, servers, token: user };
  return { protocol, servers, user, pass: decodeURIComponent(parsed.password) };
}

/** The server's certificate is checked against the name, or the address, that was asked for. */
function hostOf(server: string): { host: string } {
  return { host: server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') };
}

/** Read here: to nats.js, a file that is missing looks like a server that is away. */
function textOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

/** Looked at here: nats.js would find out in the middle of each attempt, and it would look like a server that is away. */
function readSeed(path: string): Uint8Array {
  const seed = new TextEncoder().encode(readFileSync(path, 'utf8').trim());
  try {
    nkeys.fromSeed(seed);
  } catch (error) {
    throw new ConnectionRefused(`the file ${path} does not hold the seed of an nkey`, error);
  }
  return seed;
}

/** A server that wants a certificate and gets none hangs up without a word that nats.js would hand on. */
function hintOn(error: unknown, { url, credentials = {} }: ConnectOptions): unknown {
  if (codeOf(error) !== (ErrorCode.Timeout as string) || !url.startsWith('tls:')) return error;
  if (credentials.certFile !== undefined) return error;
  return new Error('no answer; if the server asks for certificates, NATS_CERT and NATS_KEY give it one', {
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** What can't be mended by waiting. */
function refusalOf(error: unknown, { url, identity, credentials = {} }: ConnectOptions): string | undefined {
  const code = codeOf(error);
  const where = url.replace(/\/\/[^@/]*@/, '//');
  if (code === (ErrorCode.ServerOptionNotAvailable as string)) {
    return `${where} asks for TLS, and the server there speaks none: give it a certificate, or write nats:// where nobody else can listen`;
  }
  if (code === (ErrorCode.AuthorizationViolation as string) || code === (ErrorCode.AuthenticationExpired as string)) {
    const by =
      credentials.seedFile === undefined ? 'no credentials (NATS_SEED_FILE)' : `the nkey in ${credentials.seedFile}`;
    return `the NATS server at ${where} does not let ${identity.role} ${identity.name} in with ${by}`;
  }
  if (isCertificateProblem(error))
    return `the certificate of the NATS server at ${where} can't be trusted: ${messageOf(error)}`;
  return code === 'ENOENT' || code === 'EACCES'
    ? `a file of the credentials can't be read: ${messageOf(error)}`
    : undefined;
}

function isCertificateProblem(error: unknown): boolean {
  const text = messageOf(error);
  return /ALTNAME|certificate|CERT_|self-signed|SELF_SIGNED|UNABLE_TO/.test(text);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const chained = (error as { chainedError?: unknown }).chainedError;
  return chained === undefined ? error.message : `${error.message}: ${messageOf(chained)}`;
}
