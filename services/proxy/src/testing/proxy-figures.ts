import type { EndpointSlice, Service } from '@shiplog/contracts';
import { pino } from 'pino';
import { planServicePorts } from '../domain/plan-service-ports';
import { NftablesBackend } from '../nftables/nftables-backend';
import { aService, anEndpoint, aSlice } from './builders';
import { Lab } from './lab';

const OPTIONS = {
  table: 'shiplog_proxy_measured',
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  nodePortAddresses: [],
};
/** The service that is asked while it changes. */
const ASKED = { name: 'asked', clusterIP: '10.111.0.10' };
/** Milliseconds between changes under load, so that requests meet each state in between. */
const PAUSE_MS = 20;

export interface ProxySize {
  readonly services: number;
  readonly endpoints: number;
  readonly changes: number;
}

export interface ProxyFigures {
  /** Milliseconds from the objects to a kernel that serves all of them. */
  readonly load: number;
  /** Milliseconds from a change of one service's endpoints to the kernel's answer, each. */
  readonly changes: readonly number[];
  /** Requests to a service while its endpoints changed as often, and those that no backend answered. */
  readonly requests: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Bytes of this process at the end. */
  readonly memory: number;
}

/** A node's rules for so many services, in a kernel namespace of their own. */
export async function proxyFigures({ services, endpoints, changes }: ProxySize): Promise<ProxyFigures> {
  const lab = await Lab.make(process.pid.toString(36));
  try {
    const backend = new NftablesBackend(OPTIONS, pino({ level: 'silent' }), lab.node.network);
    const set = (service: Service, slices: EndpointSlice[]): void =>
      backend.set(`default/${service.metadata.name ?? ''}`, planServicePorts(service, slices, { name: 'n1' }));
    const asked = (ips: readonly string[]): void =>
      set(aService(ASKED.name, { clusterIP: ASKED.clusterIP }), [
        aSlice(
          ASKED.name,
          ips.map((ip) => anEndpoint(ip)),
        ),
      ]);
    const all = Array.from({ length: services }, (_, number) => manyOf(number, endpoints));
    const load = await timed(async () => {
      for (const { service, slices } of all) set(service, slices);
      asked(lab.pods);
      await backend.sync();
    });
    const taken: number[] = [];
    for (let number = 0; number < changes; number++) {
      const { service, slices } = manyOf(number, endpoints, number + 1);
      taken.push(
        await timed(async () => {
          set(service, slices);
          await backend.sync();
        }),
      );
    }
    const answers = lab.ask.client.ask({ host: ASKED.clusterIP, port: 80, count: changes * 40, parallel: 20 });
    for (let round = 0; round < changes; round++) {
      asked(lab.pods.filter((_, index) => (round + index) % 3 !== 0));
      await backend.sync();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    const { found } = await answers;
    const isAnswer = (answer: string): boolean => lab.pods.some((ip) => answer.startsWith(`${ip} `));
    return {
      load,
      changes: taken,
      requests: Object.values(found).reduce((sum, count) => sum + count, 0),
      failed: Object.fromEntries(Object.entries(found).filter(([answer]) => !isAnswer(answer))),
      memory: process.memoryUsage().rss,
    };
  } finally {
    await lab.remove();
  }
}

/** The figures for people. */
export async function measureProxy(size: ProxySize): Promise<void> {
  const { load, changes, requests, failed, memory } = await proxyFigures(size);
  const sorted = [...changes].sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1);
  const lost = Object.entries(failed).map(([answer, count]) => `${count} × ${answer || 'nothing'}`);
  process.stdout.write(
    [
      `${size.services.toLocaleString('en')} services × ${size.endpoints} endpoints: full load ${load.toFixed(0)} ms`,
      `one change: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest of ${changes.length} ${at(1)} ms`,
      `${requests.toLocaleString('en')} requests during ${size.changes} changes: ${lost.length === 0 ? '0 failed' : lost.join(', ')}`,
      `memory of the process: ${(memory / 1_000_000).toFixed(0)} MB`,
      '',
    ].join('\n'),
  );
}

/** One of many services; `round` moves its endpoints, of which some stay. */
function manyOf(number: number, endpoints: number, round = 0): { service: Service; slices: EndpointSlice[] } {
  const name = `s${number}`;
  const service = aService(name, { clusterIP: `10.${96 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}` });
  const ends = Array.from({ length: endpoints }, (_, index) => {
    const address = number * 7 + index + (index < 2 ? round : 0);
    return anEndpoint(`10.244.${2 + ((address >> 8) % 250)}.${address & 255}`, {
      nodeName: index === 0 ? 'n1' : `n${2 + (address % 50)}`,
    });
  });
  return { service, slices: [aSlice(name, ends)] };
}

async function timed(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}
