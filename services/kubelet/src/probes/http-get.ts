import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HTTPGetAction } from '@shiplog/contracts';
import { renderRequestPath } from './rules/request-path';

/** What a server answered in the end. */
export interface HttpAnswer {
  readonly status: number;
  /** No more than BODY_LIMIT of it was read. */
  readonly body: string;
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
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks as Kubernetes' kubelet does (pkg/probe/http): the path is escaped and not judged, all headers of one name are
 * sent, 10 KiB of the body are read and no more, redirects are followed on the same host and nowhere else. Throws an Error
 * that says what was asked when no answer came.
 */
export async function httpGet(action: HTTPGetAction, asking: HttpAsking): Promise<HttpAnswer> {
  const { host = '', scheme = 'HTTP', path = '' } = action;
  const first: Destination = {
    isSecure: scheme === 'HTTPS',
    host: host === '' ? asking.podIP : host,
    port: asking.port,
    path: renderRequestPath(path),
  };
  const headers = headersOf(action, `${asking.agent}/${KUBERNETES_VERSION}`);
  const signal = AbortSignal.timeout(asking.timeoutMs);
  try {
    return await follow(first, headers, signal);
  } catch (error) {
    const why = signal.aborted ? 'context deadline exceeded' : error instanceof Error ? error.message : String(error);
    throw new Error(`Get "${urlOf(first)}": ${why}`, { cause: error });
  }
}

async function follow(first: Destination, headers: readonly string[], signal: AbortSignal): Promise<HttpAnswer> {
  let to = first;
  for (let asked = 1; ; asked++) {
    const { location, ...answer } = await ask(to, headers, signal);
    const next = location === undefined ? undefined : destinationOf(new URL(location, urlOf(to)));
    if (next === undefined || next.host !== hostOf(new URL(urlOf(first)))) return answer;
    if (asked === MOST_REQUESTS) throw new Error(`stopped after ${MOST_REQUESTS} redirects`);
    to = next;
  }
}

function ask(
  { isSecure, host, port, path }: Destination,
  headers: readonly string[],
  signal: AbortSignal,
): Promise<HttpAnswer & { location?: string }> {
  return new Promise((resolve, reject) => {
    const send = isSecure ? httpsRequest : httpRequest;
    const given = headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
    const all = given ? headers : ['Host', `${bracketed(host)}:${port}`, ...headers];
    const request = send({ host, port, path, headers: all, agent: false, signal, rejectUnauthorized: false });
    request.on('error', reject);
    request.on('response', (response) => {
      bodyOf(response).then((body) => {
        const status = response.statusCode ?? 0;
        const location = REDIRECTS.has(status) ? response.headers.location : undefined;
        resolve({ status, body, location });
        request.destroy();
      }, reject);
    });
    request.end();
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length >= BODY_LIMIT) break;
  }
  return Buffer.concat(parts).subarray(0, BODY_LIMIT).toString();
}

/** Names and values in turn, so that none replaces another; a value's text goes out as UTF-8. */
function headersOf({ httpHeaders = [] }: HTTPGetAction, agent: string): string[] {
  const named = (name: string): boolean => httpHeaders.some((one) => one.name.toLowerCase() === name);
  const defaults = [
    ...(named('user-agent') ? [] : ['User-Agent', agent]),
    ...(named('accept') ? [] : ['Accept', '*/*']),
  ];
  const given = httpHeaders.filter(({ name, value }) => value !== '' || !/^(accept|user-agent|host)$/i.test(name));
  const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
  return [...defaults, ...given.flatMap(({ name, value }) => [name, utf8(value)]), 'Connection', 'close'];
}

function urlOf({ isSecure, host, port, path }: Destination): string {
  return `${isSecure ? 'https' : 'http'}://${bracketed(host)}:${port}${path}`;
}

function bracketed(host: string): string {
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
