import { createSocket } from 'node:dgram';
import { setTimeout as wait } from 'node:timers/promises';
import { encode, type RecordType } from 'dns-packet';
import { eventually, freePort, TestSystem } from '@shiplog/testing';

const SLICES = 'endpointslices.discovery.k8s.io';
const TICK_MS = 1;
/** After the last question: what is not answered by then is lost. */
const PATIENCE_MS = 2_000;
/** As many questions of each kind as a pod sends on its way to one name: most find nothing in the search path. */
const NAMES: readonly ((n: number) => readonly [string, RecordType])[] = [
  (n) => [`s${n}.default.svc.cluster.local`, 'A'],
  (n) => [`s${n}.default.svc.cluster.local`, 'AAAA'],
  (n) => [`example${n}.default.svc.cluster.local`, 'A'],
  (n) => [`example${n}.svc.cluster.local`, 'A'],
  (n) => [`h${n % 10}.default.svc.cluster.local`, 'A'],
  (n) => [`_http._tcp.s${n}.default.svc.cluster.local`, 'SRV'],
];

interface Answered {
  /** Milliseconds, in ascending order. */
  readonly took: readonly number[];
  readonly sent: number;
}

/** So many questions a second, whether they are answered or not. */
async function flood(port: number, perSecond: number, seconds: number, services: number): Promise<Answered> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  const sentAt = new Map<number, number>();
  const took: number[] = [];
  socket.on('message', (answer) => {
    const id = answer.readUInt16BE(0);
    const at = sentAt.get(id);
    sentAt.delete(id);
    if (at !== undefined) took.push(performance.now() - at);
  });
  const begun = performance.now();
  let sent = 0;
  while (performance.now() - begun < seconds * 1_000) {
    for (const due = ((performance.now() - begun) / 1_000) * perSecond; sent < due; sent++) {
      const [name, type] = (NAMES[sent % NAMES.length] ?? NAMES[0]!)(sent % services);
      const id = sent & 0xffff;
      sentAt.set(id, performance.now());
      socket.send(encode({ type: 'query', id, questions: [{ name, type }] }));
    }
    await wait(TICK_MS);
  }
  await eventually(() => sentAt.size === 0, { timeoutMs: PATIENCE_MS, everyMs: 10 }).catch(() => undefined);
  socket.close();
  return { took: took.sort((a, b) => a - b), sent };
}

async function fill(system: TestSystem, services: number): Promise<void> {
  await system.create('namespaces', { metadata: { name: 'default' } });
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  for (let from = 0; from < services; from += 100) {
    const some = Array.from({ length: Math.min(100, services - from) }, (_, i) => from + i);
    const create = (n: number) => system.create('services', { metadata: { name: `s${n}` }, spec: { ports } });
    await Promise.all(some.map(create));
  }
  const headless = Array.from({ length: 10 }, (_, n) => n);
  await Promise.all(
    headless.map(async (n) => {
      const name = `h${n}`;
      await system.create('services', { metadata: { name }, spec: { clusterIP: 'None', ports } });
      const endpoints = Array.from({ length: 20 }, (_, i) => ({
        addresses: [`10.244.${n}.${i + 1}`],
        conditions: { ready: true },
      }));
      const labels = { 'kubernetes.io/service-name': name };
      const metadata = { name, labels };
      await system.create(SLICES, { metadata, addressType: 'IPv4', ports, endpoints });
    }),
  );
}

/** How long names take at a rate, by UDP, of a process that serves so many Services. The figures for people. */
export async function measureDns(perSecond: number, seconds: number, services: number): Promise<void> {
  const system = await TestSystem.start();
  try {
    await fill(system, services);
    const port = await freePort();
    await system.run('dns', 'dns-1', { DNS_ADDRESS: '127.0.0.1', DNS_PORT: String(port), RESOLV_CONF: '/dev/null' });
    await flood(port, perSecond, 1, services);
    const { took, sent } = await flood(port, perSecond, seconds, services);
    const at = (share: number): string => `${(took[Math.floor(took.length * share)] ?? NaN).toFixed(2)} ms`;
    const { rssBytes } = await system.health('dns-1');
    process.stdout.write(
      `  ${perSecond} questions/s for ${seconds} s, ${services} Services: p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(0.99999)}; ` +
        `${sent - took.length} of ${sent} without an answer; ${(rssBytes / 1e6).toFixed(0)} MB\n`,
    );
  } finally {
    await system.stop();
  }
}
