import type { IncomingMessage } from 'node:http';
import { clientCertificateOf } from '../authentication/client-certificate';
import type { Query } from '../rest/options';
import type { RequestHead } from './gateway';

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
): RequestHead {
  const question = url.indexOf('?');
  return {
    method,
    path: question < 0 ? url : url.slice(0, question),
    query,
    headers,
    rawHeaders,
    certificate: clientCertificateOf(socket),
  };
}
