import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A server of somebody else to which an api speaks over TLS: a webhook, or one that serves a version of the API. */
export class OtherServer {
  readonly #server: Server;

  constructor(
    files: { cert: string; key: string },
    answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  ) {
    this.#server = createServer(files, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => answer(request, response, body));
    });
  }

  /** The port of this machine at which it answers from then on. */
  async listen(): Promise<number> {
    this.#server.listen(0, 'localhost');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
