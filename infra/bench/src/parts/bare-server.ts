import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';

/** What the server is to answer with. */
export interface BareOrder {
  readonly tls: ServerOptions;
  /** The body of every answer, by path; everything else gets `other`. */
  readonly bodies: Record<string, Uint8Array>;
  readonly other: Uint8Array;
  /** Sent over and over to who asks for /watch. */
  readonly block: Uint8Array;
}

/**
 * A server that does nothing but HTTPS, in a process of its own: the same Node, certificate, clients and sizes as the
 * API, so what it reaches is what the API could if its own work cost nothing.
 */
process.once('message', ({ tls, bodies, other, block }: BareOrder) => {
  const answers = new Map(Object.entries(bodies).map(([path, body]) => [path, Buffer.from(body)]));
  const server = createServer(tls, (request, response) => {
    const body = answers.get(request.url ?? '') ?? Buffer.from(other);
    request.resume().once('end', () => {
      if (request.url === '/watch') return flood(response, Buffer.from(block));
      response.writeHead(request.method === 'POST' ? 201 : 200, {
        'content-type': 'application/json',
        'content-length': body.length,
      });
      response.end(body);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C reaches every process; the parent ends this one.
process.on('SIGINT', () => undefined);

/** As fast as the client takes it. */
function flood(response: ServerResponse, block: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const fill = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', fill);
  fill();
}
