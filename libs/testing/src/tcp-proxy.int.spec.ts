import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, TcpProxy } from '.';

describe('a TCP proxy', () => {
  let echo: Server;
  let proxy: TcpProxy;
  let accepted = 0;
  const open: Socket[] = [];

  beforeEach(async () => {
    accepted = 0;
    echo = createServer((socket) => {
      accepted += 1;
      socket.on('error', () => undefined).pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await TcpProxy.start({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await proxy.stop();
    echo.close();
  });

  /** A client, and all that it has heard. */
  const client = async (): Promise<{ socket: Socket; heard: () => string; isClosed: () => boolean }> => {
    const socket = connect({ host: '127.0.0.1', port: proxy.port });
    open.push(socket);
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
    return { socket, heard: () => heard, isClosed: () => socket.destroyed };
  };

  it('passes bytes on, and the end of each side', async () => {
    const { socket, heard } = await client();
    const large = 'x'.repeat(3_000_000);
    socket.end(large);
    await once(socket, 'end');
    expect(heard()).toHaveLength(large.length);
    await eventually(() => proxy.connections === 0);
  });

  it('makes a link slow without changing the order of what is sent', async () => {
    const { socket, heard } = await client();
    proxy.slow(100);
    const before = performance.now();
    socket.write('one ');
    socket.write('two');
    await eventually(() => heard() === 'one two', { everyMs: 5 });
    expect(performance.now() - before).toBeGreaterThanOrEqual(195);
    proxy.heal();
    socket.write(' three');
    await eventually(() => heard() === 'one two three', { timeoutMs: 90 });
  });

  it('a blackhole tells nobody anything, and what was sent arrives afterwards', async () => {
    const first = await client();
    first.socket.write('before');
    await eventually(() => first.heard() === 'before');
    proxy.blackhole();
    first.socket.write(' after');
    const second = await client();
    second.socket.write('new');
    await delay(150);
    expect([first.heard(), first.isClosed(), second.heard(), second.isClosed(), accepted]).toEqual([
      'before',
      false,
      '',
      false,
      1,
    ]);
    proxy.heal();
    await eventually(() => first.heard() === 'before after' && second.heard() === 'new');
  });

  it('a cut resets what is open and what comes, until it is healed', async () => {
    const first = await client();
    proxy.cut();
    await eventually(first.isClosed);
    const second = await client();
    await eventually(second.isClosed);
    proxy.heal();
    const third = await client();
    third.socket.write('again');
    await eventually(() => third.heard() === 'again');
  });

  it('an upstream that is away breaks the connection', async () => {
    echo.close();
    const { isClosed } = await client();
    await eventually(isClosed);
  });

  it('stands before a Unix socket as well', async () => {
    const path = join(tmpdir(), `proxy-${process.pid}.sock`);
    const server = createServer((socket) => socket.pipe(socket)).listen(path);
    await once(server, 'listening');
    const local = await TcpProxy.start({ path });
    const socket = connect({ host: '127.0.0.1', port: local.port });
    socket.on('error', () => undefined);
    socket.write('hello');
    expect(String(((await once(socket, 'data')) as [Buffer])[0])).toBe('hello');
    await local.stop();
    await eventually(() => socket.destroyed);
    server.close();
  });
});
