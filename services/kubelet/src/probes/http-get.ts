import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { HTTPGetAction } from '@shiplog/contracts';
import { messageOf } from '../container/start-failure';
import { renderHttpError, type NetworkError } from './rules/network-error';
import { renderHeaders, type RequestHeaders } from './rules/request-headers';
import { renderRequestPath } from './rules/request-path';

/** What a server answered in the end. */
export interface HttpAnswer {
  readonly status: number;
  /** No more than BODY_LIMIT of it was read. */
  readonly body: string;
  /** Why not all of the body that was to be read came. */
  readonly cutOff?: string;
}

export interface HttpAsking {
  /** Of the pod: for an action that names no host. */
  readonly podIP: string;
  readonly port: number;
  /** What this kubelet calls itself, as Kubernetes does: `kube-probe` or `kube-lifecycle`. */
  readonly agent: string;
  readonly timeoutMs: number;
}

/** Where a request goes: what of a URL is needed, unchanged. */
interface Destination {
  readonly isSecure: boolean;
  /** A name or an address; one of IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Of the Kubernetes whose behaviour this is. */
export const KUBERNETES_VERSION = '1.32';
const BODY_LIMIT = 10 * 1024;
/** Of one probe, the first and those that redirects lead to. */
const MOST_REQUESTS = 10;
/** As Go's client takes answers: of any certificate, with lines that only a line feed ends, with long headers. */
const CLIENT = {
  agent: false,
  rejectUnauthorized: false,
  insecureHTTPParser: true,
  maxHeaderSize: 1024 * 1024,
} as const;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks as Kubernetes' kubelet does (pkg/probe/http): the path is escaped and not judged, all headers of one name are
 * sent, 10 KiB of the body are read and no more, redirects are followed on the same host and nowhere else. Throws an Error
 * that says in Go's words what was asked and why no answer came.
 */
export async function httpGet(action: HTTPGetAction, asking: HttpAsking): Promise<HttpAnswer> {
  const { host = '', scheme = 'HTTP', path = '' } = action;
  const first: Destination = {
    isSecure: scheme === 'HTTPS',
    host: host === '' ? asking.podIP : host,
    port: asking.port,
    path: renderRequestPath(path),
  };
  const signal = AbortSignal.timeout(asking.timeoutMs);
  try {
    return await follow(first, renderHeaders(action, `${asking.agent}/${KUBERNETES_VERSION}`), signal);
  } catch (error) {
    throw new Error(`Get "${urlOf(first)}": ${messageOf(error)}`, { cause: error });
  }
}

async function follow(first: Destination, given: RequestHeaders, signal: AbortSignal): Promise<HttpAnswer> {
  let to = first;
  let headers = given;
  for (let asked = 1; ; asked++) {
    const response = await ask(to, headers, signal);
    const status = response.statusCode ?? 0;
    const location = REDIRECTS.has(status) ? response.headers.location : undefined;
    const next = location === undefined ? undefined : destinationOf(new URL(location, urlOf(to)));
    if (next === undefined || next.host !== hostOf(new URL(urlOf(first))))
      return { status, ...(await bodyOf(response, signal)) };
    response.destroy();
    if (asked === MOST_REQUESTS) throw new Error(`stopped after ${MOST_REQUESTS} redirects`);
    // As Go's client: what leads elsewhere by its own name is asked for by that name.
    if (URL.canParse(location ?? '')) headers = { ...headers, host: undefined };
    to = next;
  }
}

/** Resolves with the head of the answer; its body is yet to be read. */
function ask(
  { isSecure, host, port, path }: Destination,
  { host: named, others }: RequestHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = isSecure ? httpsRequest : httpRequest;
    const remote = `${bracketed(host)}:${port}`;
    const headers = ['Host', named ?? remote, ...others];
    // The name in TLS is the URL's; Node would take the header's.
    const servername = isIP(host) === 0 ? host : '';
    const request = send({ ...CLIENT, host, port, path, headers, servername, signal });
    let local: string | undefined;
    request.on('socket', (socket) =>
      socket.on('connect', () => (local = `${bracketed(socket.localAddress ?? '')}:${socket.localPort}`)),
    );
    request.on('error', (error: NetworkError) => {
      const late = `${local === undefined ? `dial tcp ${remote}: i/o timeout` : 'context deadline exceeded'} (Client.Timeout exceeded while awaiting headers)`;
      reject(new Error(signal.aborted ? late : renderHttpError(error, { local, remote }), { cause: error }));
    });
    request.on('response', resolve);
    // Of an answer that changes the protocol only the status matters.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      response.push(null);
      resolve(response);
    });
    request.end();
  });
}

async function bodyOf(response: IncomingMessage, signal: AbortSignal): Promise<Pick<HttpAnswer, 'body' | 'cutOff'>> {
  const parts: Buffer[] = [];
  let length = 0;
  const body = (): string => Buffer.concat(parts).subarray(0, BODY_LIMIT).toString();
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length >= BODY_LIMIT) break;
    }
  } catch {
    const late = 'context deadline exceeded (Client.Timeout or context cancellation while reading body)';
    return { body: body(), cutOff: signal.aborted ? late : 'unexpected EOF' };
  } finally {
    response.destroy();
  }
  return { body: body() };
}

function urlOf({ isSecure, host, port, path }: Destination): string {
  return `${isSecure ? 'https' : 'http'}://${bracketed(host)}:${port}${path}`;
}

/** A host as it stands in an address with a port. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Undefined for what is not HTTP. */
function destinationOf(url: URL): Destination | undefined {
  const isSecure = url.protocol === 'https:';
  if (!isSecure && url.protocol !== 'http:') return undefined;
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { isSecure, host: hostOf(url), port, path: url.pathname + url.search };
}
