import { runProgram } from '@shiplog/hostnet';
import type { Backend } from '../../../../services/network/src/domain/peers';
import { ensureTools } from '../../../launcher/src/system/tools';
import { NetworkLab, type Throughput } from './network-lab';

/** What the ways of pods must reach: of the link itself, and of the way without a Service. */
const GOALS = { pods: 0.75, service: 0.95 };

export interface NetworkSize {
  /** Times that each way is measured; its figure is the median. */
  readonly turns: number;
  readonly seconds: number;
}

type Way = NetworkLab['ways'][number]['name'];

/** A way's throughput, and what it is of another's. */
interface Figure extends Throughput {
  /** Neighbours on the machine meet the two of a turn alike: the median of the turns' shares. */
  readonly share: Throughput;
}

/**
 * From one minion to another: over the link itself, from pod to pod, and through a Service. In turns, one way after the
 * other.
 */
export async function networkFigures(backend: Backend, { turns, seconds }: NetworkSize): Promise<Record<Way, Figure>> {
  const lab = await NetworkLab.make(backend);
  try {
    const found: Record<Way, Throughput[]> = { direct: [], pods: [], service: [] };
    for (let turn = 0; turn < turns; turn++)
      for (const way of lab.ways) found[way.name].push(await lab.measure(way, seconds));
    const figure = (way: Way, of: Way): Figure => {
      const shares = found[way].map((throughput, turn) => shareOf(throughput, found[of][turn] ?? throughput));
      return { ...median(found[way]), share: median(shares) };
    };
    return {
      direct: figure('direct', 'direct'),
      pods: figure('pods', 'direct'),
      service: figure('service', 'pods'),
    };
  } finally {
    await lab.remove();
  }
}

/** The figures for people, of every backend that this kernel has. */
export async function measureNetwork(size: NetworkSize): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`  ${text}\n`);
  await ensureTools({ iperf3: 'iperf3' }, 'it measures the throughput', say);
  const backends: Backend[] = ['vxlan', 'host-gw'];
  if (await hasWireguard()) backends.push('wireguard');
  else say('wireguard: not in this kernel');
  for (const backend of backends) {
    const { direct, pods, service } = await networkFigures(backend, size);
    say(
      `${backend}: direct ${shown(direct)}; pod to pod ${shown(pods)}, ${share(pods, GOALS.pods)} of direct; ` +
        `through a Service ${shown(service)}, ${share(service, GOALS.service)} of pod to pod`,
    );
  }
}

async function hasWireguard(): Promise<boolean> {
  const name = `slwg${process.pid % 100_000}`;
  try {
    await runProgram('ip', ['link', 'add', name, 'type', 'wireguard']);
  } catch {
    return false;
  }
  await runProgram('ip', ['link', 'delete', name]);
  return true;
}

function shown({ perSecond, perCpuSecond }: Throughput): string {
  return `${perSecond.toFixed(1)} Gbit/s (${perCpuSecond.toFixed(1)} a CPU second)`;
}

function share({ share: { perSecond, perCpuSecond } }: Figure, goal: number): string {
  return `${perSecond.toFixed(2)} (${perCpuSecond.toFixed(2)}; goal ${goal}${perSecond < goal ? ', missed' : ''})`;
}

function shareOf(way: Throughput, of: Throughput): Throughput {
  return { perSecond: way.perSecond / of.perSecond, perCpuSecond: way.perCpuSecond / of.perCpuSecond };
}

function median(all: readonly Throughput[]): Throughput {
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  return {
    perSecond: middle(all.map(({ perSecond }) => perSecond)),
    perCpuSecond: middle(all.map(({ perCpuSecond }) => perCpuSecond)),
  };
}
