import { once } from 'node:events';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Answer } from 'dns-packet';
import { freePort } from '@shiplog/testing';
import { pino } from 'pino';
import type { Upstream } from '../domain/upstreams';
import { Resolver } from '../resolver';
import { aHeadless, anEndpoint, aService, aSlice, zoneOf } from '../testing/builders';
import { answered, ask, askByTcp, exchange, question, said } from '../testing/client';
import { TcpServer } from './tcp-server';
import { UdpServer } from './udp-server';
import { UpstreamClient } from './upstream-client';

const many = Array.from({ length: 200 }, (_, i) => anEndpoint(`10.244.2.${i}`));
const zone = zoneOf(
  aService('web'),
  aHeadless('many'),
  aSlice('many', many),
  aService('near', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  aService('far', { type: 'ExternalName', externalName: 'far.example' }),
  aService('loop', { type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' }),
);

/** A server of other names: how it answers is the test's. */
class Elsewhere {
  readonly heard: string[] = [];
  answers: (name: string) => Answer[] | undefined = (name) => [{ name, type: 'A', ttl: 20, data: '192.0.2.9' }];

  private constructor(
    private readonly socket: Socket,
    readonly at: Upstream,
  ) {}

  static async start(): Promise<Elsewhere> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const server = new Elsewhere(socket, { address: '127.0.0.1', port: socket.address().port });
    socket.on('message', (message, from) => {
      const { id, questions = [] } = decode(message);
      const name = questions[0]?.name ?? '';
      server.heard.push(name);
      const answers = server.answers(name);
      if (answers === undefined) return;
      // What does not belong to the question, as somebody might send who only guesses.
      socket.send(encode({ type: 'response', id: (id ?? 0) ^ 1, questions, answers: [] }), from.port, from.address);
      socket.send(encode({ type: 'response', id, questions, answers }), from.port, from.address);
    });
    return server;
  }

  close(): void {
    this.socket.close();
  }
}

describe('the servers of names', () => {
  let elsewhere: Elsewhere;
  let others: Upstream[];
  let udp: UdpServer;
  let tcp: TcpServer;
  let port: number;
  const failures: string[] = [];

  beforeEach(async () => {
    elsewhere = await Elsewhere.start();
    others = [elsewhere.at];
    failures.length = 0;
    const resolver = new Resolver({
      zone,
      client: new UpstreamClient(),
      upstreams: () => ({ others, stubs: new Map() }),
      now: () => performance.now(),
      onFailure: (error, name) => failures.push(`${name}: ${String(error)}`),
    });
    port = await freePort();
    udp = await UdpServer.listen('127.0.0.1', port, resolver, pino({ level: 'silent' }));
    tcp = await TcpServer.listen('127.0.0.1', port, resolver);
  });
  afterEach(async () => {
    elsewhere.close();
    await Promise.all([udp.close(), tcp.close()]);
  });

  it('answer from the zone by UDP, in the case that was asked for, and say how long there is nothing', async () => {
    const answer = await ask(port, 'WEB.default.svc.cluster.local');
    expect(answer).toMatchObject({
      rcode: 'NOERROR',
      flag_aa: true,
      flag_ra: true,
      questions: [{ name: 'WEB.default.svc.cluster.local' }],
    });
    expect(said(answer)).toEqual(['A "10.96.0.20"']);
    const nothing = await ask(port, 'no.default.svc.cluster.local');
    expect(nothing).toMatchObject({ rcode: 'NXDOMAIN', authorities: [{ type: 'SOA', ttl: 5, data: { minimum: 5 } }] });
  });

  it('tell a client to come by TCP for what is too long, and there answer many questions, however they are cut', async () => {
    const name = 'many.default.svc.cluster.local';
    const cut = await ask(port, name);
    expect(cut.flag_tc).toBe(true);
    expect(cut.answers?.length).toBeGreaterThan(20);
    const [whole] = await askByTcp(port, [question(name)]);
    expect(whole?.answers).toHaveLength(200);
    const ids = Array.from({ length: 100 }, (_, i) => i);
    const answers = await askByTcp(
      port,
      ids.map((id) => question('web.default.svc.cluster.local', 'A', id)),
      7,
    );
    expect(answers.map(({ id }) => id).sort((a = 0, b = 0) => a - b)).toEqual(ids);
  });

  it('put another address first each time', async () => {
    const first = async (): Promise<unknown> => {
      const [record] = (await ask(port, 'many.default.svc.cluster.local')).answers ?? [];
      return record !== undefined && 'data' in record ? record.data : undefined;
    };
    expect(new Set([await first(), await first(), await first()]).size).toBe(3);
  });

  it('ask elsewhere once for what many ask, keep it, and believe no one else', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port, 'a.example')));
    expect(answers.map(said)).toEqual(answers.map(() => ['A "192.0.2.9"']));
    await ask(port, 'a.example');
    expect(elsewhere.heard).toEqual(['a.example']);
  });

  it('follow a Service that is another name, here and elsewhere, not round and round', async () => {
    expect(said(await ask(port, 'near.default.svc.cluster.local'))).toEqual([
      'A "10.96.0.20"',
      'CNAME "web.default.svc.cluster.local"',
    ]);
    expect(said(await ask(port, 'far.default.svc.cluster.local'))).toEqual(['A "192.0.2.9"', 'CNAME "far.example"']);
    expect(await ask(port, 'loop.default.svc.cluster.local')).toMatchObject({ rcode: 'SERVFAIL' });
  });

  it('ask the next server where one does not answer, and say so when none does', async () => {
    const dead = { address: '127.0.0.1', port: await freePort() };
    others = [dead, elsewhere.at];
    expect(said(await ask(port, 'b.example'))).toEqual(['A "192.0.2.9"']);
    others = [dead];
    expect(await ask(port, 'c.example')).toMatchObject({ rcode: 'SERVFAIL', questions: [{ name: 'c.example' }] });
    others = [];
    expect(await ask(port, 'd.example')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(failures).toHaveLength(2);
    // A failure is not kept.
    others = [elsewhere.at];
    expect(said(await ask(port, 'c.example'))).toEqual(['A "192.0.2.9"']);
  });

  it('answer the cluster’s names while others are waited for', async () => {
    elsewhere.answers = () => undefined;
    const waiting = Array.from({ length: 600 }, (_, i) => exchange(port, question(`w${i}.example`)));
    await expect(ask(port, 'web.default.svc.cluster.local')).resolves.toMatchObject({ rcode: 'NOERROR' });
    // Those beyond the bound are told at once, the others when their time is over.
    const codes = (await Promise.all(waiting)).map((answer) => answer && answered(answer).rcode);
    expect(new Set(codes)).toEqual(new Set(['SERVFAIL']));
  });

  it('outlive whatever is sent to them', async () => {
    const whole = question('web.default.svc.cluster.local');
    const hostile = Array.from({ length: 2_000 }, (_, i) => {
      const copy = Buffer.from(whole.subarray(0, 1 + (i % whole.length)));
      for (let n = 0; n < i % 5; n++) copy[(i * 31 + n * 17) % copy.length] = (i * 7 + n) & 0xff;
      return copy;
    });
    const socket = createSocket('udp4');
    await Promise.all(hostile.map((bytes) => new Promise((sent) => socket.send(bytes, port, '127.0.0.1', sent))));
    socket.close();
    for (const bytes of [Buffer.alloc(70_000, 0xff), Buffer.from([0, 5, 1, 2, 3, 4, 5]), Buffer.from([0, 0])]) {
      const client = connect({ host: '127.0.0.1', port });
      client.on('error', () => undefined);
      client.resume().end(bytes);
      await once(client, 'close');
    }
    expect(said(await ask(port, 'web.default.svc.cluster.local'))).toEqual(['A "10.96.0.20"']);
  });
});
