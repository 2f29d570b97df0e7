import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenElsewhere } from './listen-elsewhere';

describe('a server with several addresses', () => {
  it('answers on each of them, and on none once it is closed', async () => {
    const server = createServer((_, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await listenElsewhere(server, ['127.0.0.2', '127.0.0.3']);
    for (const host of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) expect(await ask(host, port)).toBe('here');
    server.close();
    await once(server, 'close');
    await expect(ask('127.0.0.2', port)).rejects.toThrow(/ECONNREFUSED/);
  });
});

function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host, port, agent: false }, (response) => {
      response.setEncoding('utf8');
      response.once('data', resolve);
    }).once('error', reject);
  });
}
