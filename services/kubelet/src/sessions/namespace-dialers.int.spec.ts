import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { NamespaceDialers } from './namespace-dialers';

describe('connections within a network namespace', () => {
  const dialers = new NamespaceDialers({ nodeName: `dial-${process.pid}` });
  const path = process.env['PATH'];
  afterEach(() => (process.env['PATH'] = path));
  afterAll(() => dialers.onApplicationShutdown());

  it('can not be made where there is no nsenter: that is said, and ends nothing', async () => {
    process.env['PATH'] = '/nowhere';
    await expect(dialers.dial(process.pid, 1)).rejects.toThrow('spawn nsenter ENOENT');
  });

  it('can be made a moment later, many at once, by one helper', async () => {
    const server = createServer((socket) => socket.end('here')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = await dialers.dial(process.pid, port);
        let text = '';
        for await (const chunk of socket) text += String(chunk);
        return text;
      }),
    );
    expect(new Set(answers)).toEqual(new Set(['here']));
    await expect(dialers.dial(process.pid, 1)).rejects.toThrow(/^dial tcp4 127\.0\.0\.1:1: connect: /);
    server.close();
  });

  it('leave nothing behind', async () => {
    await dialers.onApplicationShutdown();
    expect(readdirSync('/tmp').filter((name) => name.includes(`dial-${process.pid}`))).toEqual([]);
  });
});
