import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import { freePort } from '@shiplog/testing';
import { pino } from 'pino';
import type { Backend, ServicePort } from '../domain/service-port';
import { LoopbackAddresses } from './loopback-addresses';
import { UserspaceBackend } from './userspace-backend';

const logger = pino({ level: 'silent' });
const servers: Server[] = [];
let proxy: UserspaceBackend;

/** A host network that lets nobody add an address: the test changes none of this machine's. */
const refusing: HostNetwork = {
  run: (program) => Promise.reject(new ProgramError(program, 'Operation not permitted')),
  script: () => Promise.reject(new ProgramError('sh', 'Operation not permitted')),
  follow: () => ({ stop: () => undefined }),
  setting: () => Promise.resolve(),
  netlink: () => Promise.reject(new ProgramError('netlink', 'EPERM')),
};

beforeEach(() => {
  proxy = new UserspaceBackend({ addresses: ['127.0.0.1'] }, logger, new LoopbackAddresses(refusing));
});
afterEach(async () => {
  await proxy.stop();
  for (const server of servers.splice(0)) server.close();
});

/** A server that says its name and then what it was sent, once the client has said all. */
function aBackend(name: string): Promise<Backend> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = '';
    socket.on('data', (chunk) => (heard += String(chunk)));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end(`${name} ${heard}`));
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ ip: '127.0.0.1', port: (server.address() as AddressInfo).port }));
  });
}

function say(port: number, text: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    let heard = '';
    socket.on('data', (chunk) => (heard += String(chunk)));
    socket.on('end', () => resolve(heard));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'));
    socket.end(text);
  });
}

function aPort(nodePort: number, backends: readonly Backend[], more: Partial<ServicePort> = {}): ServicePort {
  const route = backends.length > 0 ? ({ kind: 'spread', backends } as const) : ({ kind: 'refuse' } as const);
  return {
    key: 'default/web:',
    family: 'IPv4',
    protocol: 'tcp',
    clusterIP: '10.96.0.10',
    port: 80,
    nodePort,
    externalIPs: [],
    restricted: undefined,
    affinitySeconds: undefined,
    internal: route,
    external: route,
    outside: undefined,
    own: [],
    ...more,
  };
}

async function serve(port: ServicePort): Promise<void> {
  proxy.set('default/web', [port]);
  await proxy.sync();
}

describe('services without the kernel', () => {
  it('carry both directions to every backend in turn, half-closed connections too', async () => {
    const [nodePort, a, b] = [await freePort(), await aBackend('a'), await aBackend('b')];
    await serve(aPort(nodePort, [a, b]));
    expect([await say(nodePort, '1'), await say(nodePort, '2'), await say(nodePort, '3')].sort()).toEqual([
      'a 1',
      'a 3',
      'b 2',
    ]);
  });

  it('keep a client at its backend, and try the next when one refuses', async () => {
    const [nodePort, a, b] = [await freePort(), await aBackend('a'), await aBackend('b')];
    const dead = { ip: '127.0.0.1', port: await freePort() };
    await serve(aPort(nodePort, [a, b], { affinitySeconds: 60 }));
    expect(new Set([await say(nodePort, ''), await say(nodePort, ''), await say(nodePort, '')]).size).toBe(1);
    await serve(aPort(nodePort, [dead, b]));
    expect([await say(nodePort, ''), await say(nodePort, '')]).toEqual(['b ', 'b ']);
  });

  it('refuse without backends, and follow them as they come and go without ending what is under way', async () => {
    const [nodePort, a] = [await freePort(), await aBackend('a')];
    await serve(aPort(nodePort, []));
    expect(await say(nodePort, 'x')).toBe('ECONNREFUSED');
    await serve(aPort(nodePort, [a]));
    const open = connect(nodePort, '127.0.0.1');
    await new Promise((resolve) => open.once('connect', resolve));
    open.write('still');
    await serve(aPort(nodePort, []));
    expect(await say(nodePort, 'x')).toBe('ECONNREFUSED');
    const answer = new Promise((resolve) => open.once('data', (chunk) => resolve(String(chunk))));
    open.end(' here');
    expect(await answer).toBe('a still here');
  });

  it('say which ports they could not get, and get them when they are free', async () => {
    const a = await aBackend('a');
    const taken = createServer();
    const nodePort = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as AddressInfo).port));
    });
    await serve(aPort(nodePort, [a]));
    expect(proxy.detail()).toContain(`not reachable: tcp 127.0.0.1:${nodePort}`);
    await new Promise((resolve) => taken.close(resolve));
    await proxy.verify();
    expect(await say(nodePort, 'now')).toBe('a now');
  });

  it('say that cluster IPs are out of reach where no address can be added', async () => {
    await serve(aPort(await freePort(), [await aBackend('a')]));
    expect(proxy.detail()).toBe('1 services by 1 sockets; cluster IPs are not reachable here, node ports are');
  });

  it('say what sockets can not do for a service', async () => {
    const [nodePort, a] = [await freePort(), await aBackend('a')];
    const local = { kind: 'spread', backends: [a] } as const;
    proxy.set('default/web', [
      aPort(nodePort, [a], { outside: local }),
      aPort(nodePort, [a], { key: 'default/web:s', protocol: 'sctp' }),
    ]);
    const balanced = (i: number) =>
      aPort(0, [], { key: `default/b${i}:`, nodePort: undefined, externalIPs: ['192.0.2.1'] });
    for (let i = 0; i < 7; i++) proxy.set(`default/b${i}`, [balanced(i)]);
    await proxy.sync();
    expect(proxy.detail().split('; ').slice(2)).toEqual([
      'external and load balancer addresses are not served: default/b0, default/b1, default/b2, default/b3, default/b4 and 2 more',
      'SCTP is not served: default/web',
      'backends see this node for their client, also under externalTrafficPolicy Local: default/web',
    ]);
  });

  it('carry connections and datagrams of IPv6', async () => {
    const addresses = ['127.0.0.1', '::1'];
    const backend = new UserspaceBackend({ addresses }, logger, new LoopbackAddresses(refusing));
    const tcp = createServer((socket) => socket.end('tcp'));
    const udp = createSocket('udp6');
    udp.on('message', (_, from) => udp.send('udp', from.port, from.address));
    await new Promise<void>((resolve) => tcp.listen(0, '::1', resolve));
    await new Promise<void>((resolve) => udp.bind(0, '::1', resolve));
    const nodePort = await freePort();
    const ofIpv6 = { family: 'IPv6', clusterIP: 'fd00:10:96::a' } as const;
    backend.set('default/web', [
      aPort(nodePort, [{ ip: '::1', port: (tcp.address() as AddressInfo).port }], ofIpv6),
      aPort(nodePort, [{ ip: '::1', port: udp.address().port }], { ...ofIpv6, protocol: 'udp' }),
    ]);
    await backend.sync();
    expect(backend.detail()).toBe('1 services by 2 sockets; IPv6 cluster IPs are not reachable here');
    expect(await say(nodePort, '', '::1')).toBe('tcp');
    const client = createSocket('udp6');
    const answer = new Promise((resolve) => client.once('message', (data) => resolve(String(data))));
    client.send('hello', nodePort, '::1');
    expect(await answer).toBe('udp');
    client.close();
    udp.close();
    tcp.close();
    await backend.stop();
  });

  it('end a UDP conversation with a backend that is gone', async () => {
    const echoes = ['a', 'b'].map((name) => {
      const echo = createSocket('udp4');
      echo.on('message', (_, from) => echo.send(name, from.port, from.address));
      return echo;
    });
    for (const echo of echoes) await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    const [a, b] = echoes.map((echo) => ({ ip: '127.0.0.1', port: echo.address().port }));
    const nodePort = await freePort();
    const client = createSocket('udp4');
    const talk = () => {
      const answer = new Promise((resolve) => client.once('message', (data) => resolve(String(data))));
      client.send('hello', nodePort, '127.0.0.1');
      return answer;
    };
    await serve(aPort(nodePort, [a as Backend], { protocol: 'udp' }));
    expect(await talk()).toBe('a');
    await serve(aPort(nodePort, [b as Backend], { protocol: 'udp' }));
    expect(await talk()).toBe('b');
    await serve(aPort(nodePort, [a, b] as Backend[], { protocol: 'udp' }));
    expect(await talk()).toBe('b');
    client.close();
    for (const echo of echoes) echo.close();
  });

  it('carry datagrams and their answers', async () => {
    const echo = createSocket('udp4');
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    echo.on('message', (data, from) => echo.send(`echo ${String(data)}`, from.port, from.address));
    const nodePort = await freePort();
    await serve(aPort(nodePort, [{ ip: '127.0.0.1', port: echo.address().port }], { protocol: 'udp' }));
    const client = createSocket('udp4');
    const answer = new Promise((resolve) => client.once('message', (data) => resolve(String(data))));
    client.send('hello', nodePort, '127.0.0.1');
    expect(await answer).toBe('echo hello');
    client.close();
    echo.close();
  });
});
