import type { IncomingMessage } from 'node:http';
import { clientCertificateOf, type ClientCertificate } from '../authentication/client-certificate';
import type { Leaving } from '../common/leaving';
import type { Query } from '../rest/options';

/** A request before its body, whatever serves HTTP. */
export interface RequestHead {
  readonly method: string;
  /** Without the query, still encoded. */
  readonly path: string;
  readonly query: Query;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, as they came: a header that comes twice has two values. */
  readonly rawHeaders: readonly string[];
  /** What the client has shown for its connection. */
  readonly certificate?: ClientCertificate | undefined;
  /** Tells when nobody waits for the answer any more. */
  readonly leaving: Leaving;
}

/** What is known of a request before its body, whichever way it came. `url`: its path and query, still encoded. */
export function requestHead(
  {
    method = 'GET',
    headers,
    rawHeaders,
    socket,
  }: Pick<IncomingMessage, 'method' | 'headers' | 'rawHeaders' | 'socket'>,
  url: string,
  query: Query,
  leaving: Leaving,
): RequestHead {
  const question = url.indexOf('?');
  return {
    method,
    path: question < 0 ? url : url.slice(0, question),
    query,
    headers,
    rawHeaders,
    certificate: clientCertificateOf(socket),
    leaving,
  };
}
