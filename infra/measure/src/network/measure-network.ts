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

/**
 * From one minion to another: over the link itself, from pod to pod, and through a Service. In turns, one way after the
 * other, so that what else the machine does meets all of them alike.
 */
export async function networkFigures(
  backend: Backend,
  { turns, seconds }: NetworkSize,
): Promise<Record<Way, Throughput>> {
  const lab = await NetworkLab.make(backend);
  try {
    const found: Record<Way, Throughput[]> = { direct: [], pods: [], service: [] };
    for (let turn = 0; turn < turns; turn++)
      for (const way of lab.ways) found[way.name].push(await lab.measure(way, seconds));
    return { direct: median(found.direct), pods: median(found.pods), service: median(found.service) };
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
      `${backend}: direct ${shown(direct)}; pod to pod ${shown(pods)}, ${share(pods, direct, GOALS.pods)} of direct; ` +
        `through a Service ${shown(service)}, ${share(service, pods, GOALS.service)} of pod to pod`,
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

function share(way: Throughput, of: Throughput, goal: number): string {
  const found = way.perSecond / of.perSecond;
  const ofCpu = way.perCpuSecond / of.perCpuSecond;
  return `${found.toFixed(2)} (${ofCpu.toFixed(2)}; goal ${goal}${found < goal ? ', missed' : ''})`;
}

function median(all: readonly Throughput[]): Throughput {
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  return {
    perSecond: middle(all.map(({ perSecond }) => perSecond)),
    perCpuSecond: middle(all.map(({ perCpuSecond }) => perCpuSecond)),
  };
}
