import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Namespace } from '@shiplog/testing';

/** Answers each connection, and each datagram, with the address that was reached and the one it came from. */
export const SERVER = `
const [ips, port] = [process.argv[1].split(','), Number(process.argv[2])];
const net = require('net'), dgram = require('dgram');
let left = ips.length * 2;
const up = () => { if (--left === 0) console.log('up'); };
for (const ip of ips) {
  net.createServer((s) => { s.on('error', () => {}); s.end(ip + ' ' + s.remoteAddress); }).listen(port, ip, up);
  const u = dgram.createSocket(net.isIPv6(ip) ? 'udp6' : 'udp4');
  u.on('message', (_, from) => u.send(ip + ' ' + from.address, from.port, from.address));
  u.bind(port, ip, up);
}`;

/** Reads \`{host, port, count, parallel, udp?, from?, fromPort?, limitMs?}\` a line, answers a line: how often it got which answer, or error code. */
const CLIENT = `
const net = require('net'), dgram = require('dgram');
const tcp = (q) => new Promise((done) => {
  let said = '';
  const s = net.connect({ host: q.host, port: q.port, localAddress: q.from });
  s.setTimeout(q.limitMs || 2000, () => { s.destroy(); done('timeout'); });
  s.on('data', (d) => (said += d)); s.on('end', () => done(said)); s.on('error', (e) => done(e.code));
});
const udp = (q) => new Promise((done) => {
  const s = dgram.createSocket(net.isIPv6(q.host) ? 'udp6' : 'udp4');
  const end = (what) => { clearTimeout(t); s.close(); done(what); };
  const t = setTimeout(() => end('timeout'), 2000);
  s.on('message', (d) => end(String(d))); s.on('error', (e) => end(e.code));
  s.bind(q.fromPort, () => s.connect(q.port, q.host, () => s.send('x')));
});
console.log('up');
require('readline').createInterface(process.stdin).on('line', async (line) => {
  const q = JSON.parse(line), found = {};
  let left = q.count;
  const started = performance.now();
  const one = async () => { while (left-- > 0) { const a = await (q.udp ? udp(q) : tcp(q)); found[a] = (found[a] || 0) + 1; } };
  await Promise.all(Array.from({ length: q.parallel || 1 }, one));
  console.log(JSON.stringify({ found, ms: performance.now() - started }));
});`;

export interface Question {
  host: string;
  port: number;
  count: number;
  parallel?: number;
  udp?: boolean;
  from?: string;
  /** Datagrams from one port are one conversation. */
  fromPort?: number;
  /** When a connection that nobody answers is given up; default: 2,000. */
  limitMs?: number;
}

/** A client process in a namespace; one question at a time. */
export class Client {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async in(namespace: Namespace): Promise<Client> {
    const child = await namespace.node(CLIENT);
    if (child.stdout === null) throw new Error('no output to read');
    return new Client(child, createInterface(child.stdout)[Symbol.asyncIterator]());
  }

  /** How often which answer came, and how long all took in milliseconds. */
  async ask(question: Question): Promise<{ found: Record<string, number>; ms: number }> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    const line = await this.lines.next();
    return JSON.parse(String(line.value)) as { found: Record<string, number>; ms: number };
  }

  /** Only which backends answered. */
  async backends(question: Question): Promise<string[]> {
    const { found } = await this.ask(question);
    return [...new Set(Object.keys(found).map((answer) => answer.split(' ')[0] ?? ''))].sort();
  }
}
