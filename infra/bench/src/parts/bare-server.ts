import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';

/** What the server is to answer with. */
export interface BareOrder {
  readonly tls: ServerOptions;
  /** The body of every answer, by path; everything else gets `other`. */
  readonly bodies: Record<string, Uint8Array>;
  readonly other: Uint8Array;
  /** What watchers are sent: who asks for /watch once for each POST, who asks for /flood over and over. */
  readonly event?: Uint8Array;
}

const JSON_HEAD = { 'content-type': 'application/json' };
/** Events in one write of a flood: about as many as one commit brings. */
const FLOOD_EVENTS = 16;

/**
 * A server that does nothing but HTTPS, in a process of its own: the same Node, certificate, clients and sizes as the
 * API, so what it reaches is what the API could if its own work cost nothing.
 */
process.once('message', ({ tls, bodies, other, event = new Uint8Array() }: BareOrder) => {
  const answers = new Map(Object.entries(bodies).map(([path, body]) => [path, Buffer.from(body)]));
  const audience = new Audience(event);
  const server = createServer(tls, (request, response) => {
    const body = answers.get(request.url ?? '') ?? Buffer.from(other);
    request.resume().once('end', () => {
      if (request.url === '/watch') return audience.add(response);
      if (request.url === '/flood') return flood(response, repeated(event, FLOOD_EVENTS));
      const code = request.method === 'POST' ? 201 : 200;
      response.writeHead(code, { ...JSON_HEAD, 'content-length': body.length }).end(body);
      if (request.method === 'POST') audience.tell();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C reaches every process; the parent ends this one.
process.on('SIGINT', () => undefined);

/** Those who watch: they are sent the events of one turn of the event loop in one write, as by the API. */
class Audience {
  readonly #watchers = new Set<ServerResponse>();
  #untold = 0;

  constructor(private readonly event: Uint8Array) {}

  add(watcher: ServerResponse): void {
    watcher.writeHead(200, JSON_HEAD).flushHeaders();
    this.#watchers.add(watcher.once('close', () => this.#watchers.delete(watcher)));
  }

  tell(): void {
    if (this.#watchers.size > 0 && this.#untold++ === 0) setImmediate(() => this.#write());
  }

  #write(): void {
    const events = repeated(this.event, this.#untold);
    this.#untold = 0;
    for (const watcher of this.#watchers) watcher.write(events);
  }
}

/** As fast as the client takes it. */
function flood(response: ServerResponse, block: Buffer): void {
  response.writeHead(200, JSON_HEAD);
  const fill = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', fill);
  fill();
}

function repeated(event: Uint8Array, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => event));
}
