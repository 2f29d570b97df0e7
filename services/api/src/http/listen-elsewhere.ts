import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';

/**
 * Has a server that listens on one address answer on others too, on the same port: connections that come in there are
 * handed to it. (The api serves this machine on 127.0.0.1 and pods on another address, and nobody else.)
 */
export async function listenElsewhere(server: HttpServer, hosts: readonly string[]): Promise<void> {
  const { port } = server.address() as AddressInfo;
  for (const host of hosts) {
    const door = createServer((socket) => server.emit('connection', socket));
    door.maxConnections = server.maxConnections;
    door.listen(port, host);
    await once(door, 'listening');
    server.once('close', () => door.close());
  }
}
