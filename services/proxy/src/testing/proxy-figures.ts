import type { EndpointSlice, Service } from '@shiplog/contracts';
import { applyScript, renderTableRemoval, type HostNetwork } from '@shiplog/hostnet';
import { pino } from 'pino';
import { planServicePorts } from '../domain/plan-service-ports';
import { NftablesBackend } from '../nftables/nftables-backend';
import { aService, anEndpoint, aSlice } from './builders';
import { ipv6Of } from './ipv6-of';
import { Lab } from './lab';

const IPV4 = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' };
const OPTIONS = { ...IPV4, table: 'shiplog_proxy_measured', nodePortAddresses: [] };
const DUAL_STACK = {
  ...OPTIONS,
  clusterCidr: `${IPV4.clusterCidr},${ipv6Of(IPV4.clusterCidr)}`,
  serviceCidr: `${IPV4.serviceCidr},${ipv6Of(IPV4.serviceCidr)}`,
};
/** The service that is asked while it changes. */
const ASKED = { name: 'asked', clusterIP: '10.111.0.10' };
/** Milliseconds between changes under load, so that requests meet each state in between. */
const PAUSE_MS = 20;
/** How long nft may take to read all rules, and how often it is tried. */
const READING_MS = 3_000;
const ATTEMPTS = 20;

export interface ProxySize {
  readonly services: number;
  readonly endpoints: number;
  readonly changes: number;
  /** Whether each service has as much of IPv6 besides. */
  readonly dualStack?: boolean;
}

export interface ProxyFigures {
  /** Milliseconds from the objects to a kernel that serves all of them. */
  readonly load: number;
  /** Milliseconds from a change of one service's endpoints until the kernel serves it, each. */
  readonly inForce: readonly number[];
  /**
   * And until the next one can be begun: a program that has deleted anything ends only when the kernel has made sure that
   * no packet is using it any more.
   */
  readonly changes: readonly number[];
  /** Requests to a service while its endpoints changed as often, and those that no backend answered. */
  readonly requests: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Bytes of this process at the end. */
  readonly memory: number;
}

/** A node's rules for so many services, in a kernel namespace of their own. */
export async function proxyFigures({ services, endpoints, changes, dualStack }: ProxySize): Promise<ProxyFigures> {
  const lab = await Lab.make(process.pid.toString(36));
  try {
    const backend = new NftablesBackend(
      dualStack === true ? DUAL_STACK : OPTIONS,
      pino({ level: 'silent' }),
      lab.node.network,
    );
    const set = (service: Service, slices: EndpointSlice[]): void =>
      backend.set(`default/${service.metadata.name ?? ''}`, planServicePorts(service, slices, { name: 'n1' }));
    const asked = (ips: readonly string[]): void =>
      set(aService(ASKED.name, { clusterIP: ASKED.clusterIP }), [
        aSlice(
          ASKED.name,
          ips.map((ip) => anEndpoint(ip)),
        ),
      ]);
    const many = (number: number, round = 0): Served => {
      const served = manyOf(number, endpoints, round);
      return dualStack === true ? withIpv6(served) : served;
    };
    const all = Array.from({ length: services }, (_, number) => many(number));
    const load = await timed(async () => {
      for (const { service, slices } of all) set(service, slices);
      asked(lab.pods);
      await backend.sync();
    });
    const generations = await Generations.of(lab.node.network);
    const taken: number[] = [];
    const inForce: number[] = [];
    for (let number = 0; number < changes; number++) {
      const { service, slices } = many(number, number + 1);
      const next = generations.next();
      const started = performance.now();
      set(service, slices);
      await backend.sync();
      taken.push(performance.now() - started);
      inForce.push((await next) - started);
    }
    generations.stop();
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
      inForce,
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
  const { load, inForce, changes, requests, failed, memory } = await proxyFigures(size);
  const lost = Object.entries(failed).map(([answer, count]) => `${count} × ${answer || 'nothing'}`);
  process.stdout.write(
    [
      `${size.services.toLocaleString('en')} services × ${size.endpoints} endpoints${size.dualStack === true ? ' of each family' : ''}: full load ${load.toFixed(0)} ms`,
      `one change is in force: ${spreadOf(inForce)}`,
      `and the next can be begun: ${spreadOf(changes)}`,
      `${requests.toLocaleString('en')} requests during ${size.changes} changes: ${lost.length === 0 ? '0 failed' : lost.join(', ')}`,
      `memory of the process: ${(memory / 1_000_000).toFixed(0)} MB`,
      '',
    ].join('\n'),
  );
}

function spreadOf(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest of ${times.length} ${at(1)} ms`;
}

/** Hears when the kernel has begun to serve by other rules. */
class Generations {
  readonly #waiting: ((time: number) => void)[] = [];
  readonly #program: ReturnType<HostNetwork['follow']>;

  private constructor(network: HostNetwork) {
    this.#program = network.follow('nft', ['monitor'], (line) => {
      if (line?.startsWith('# new generation') === true) this.#waiting.shift()?.(performance.now());
    });
  }

  /** Resolves when it hears. nft reads all rules before, and begins anew whenever they change meanwhile: it is left in peace. */
  static async of(network: HostNetwork): Promise<Generations> {
    const generations = new Generations(network);
    let isHeard = false;
    const heard = generations.next().then(() => (isHeard = true));
    for (let attempt = 0; !isHeard; attempt++) {
      if (attempt === ATTEMPTS) throw new Error('nft monitor hears of no change');
      await applyScript(network, renderTableRemoval('shiplog_generation'));
      await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, READING_MS))]);
    }
    return generations;
  }

  /** The time, by performance.now(), at which the next ones are served by. */
  next(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    this.#program.stop();
  }
}

interface Served {
  readonly service: Service;
  readonly slices: EndpointSlice[];
}

function withIpv6({ service, slices }: Served): Served {
  const { clusterIP = '' } = service.spec ?? {};
  const spec = { ...service.spec, clusterIPs: [clusterIP, ipv6Of(clusterIP)] };
  return { service: { ...service, spec }, slices: [...slices, ...ipv6Of(slices)] };
}

/** One of many services; `round` moves its endpoints, of which some stay. */
function manyOf(number: number, endpoints: number, round = 0): Served {
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
