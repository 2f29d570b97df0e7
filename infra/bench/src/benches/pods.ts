import { percentile, type Figure } from '../figures';
import { Minion } from '../parts/minion';
import { PodWatch } from '../parts/pod-watch';
import { REFERENCES } from '../references';
import type { Effort } from './bench';

const NAMESPACE = 'default';
const PATH = `/api/v1/namespaces/${NAMESPACE}/pods`;
const IMAGE = 'busybox:1.36';
const STARTS = 12;
const AT_ONCE = 20;

/** Real containers: how long one pod takes and how long twenty take, beside the same engine's own `docker run`. */
export async function measurePods(effort: Effort): Promise<Figure[]> {
  const minion = await Minion.start();
  try {
    const watch = await PodWatch.open(minion.endpoint, NAMESPACE);
    const times = Math.max(4, Math.round(STARTS * effort.share));
    const figures = [...(await oneByOne(minion, watch, times)), await atOnce(minion, watch)];
    watch.close();
    return figures;
  } finally {
    await minion.stop();
  }
}

/**
 * In turns, so that all see the same machine; the first of each finds cold caches and does not count. A pod has left
 * the engine before the next start is measured: it leaves the API at once, and its containers within their grace.
 */
async function oneByOne(minion: Minion, watch: PodWatch, times: number): Promise<Figure[]> {
  const pods: number[] = [];
  const networked: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i <= times; i++) {
    const took = await startPod(minion, watch, `one-${i}`);
    const runs = [
      await runContainer(minion, `net-${i}`, true),
      await runContainer(minion, `bare-${i}`, false),
    ] as const;
    if (i === 0) continue;
    pods.push(took);
    networked.push(runs[0]);
    bare.push(runs[1]);
  }
  const value = percentile(pods, 0.5);
  const details = { 'p90 ms': percentile(pods, 0.9), starts: pods.length };
  const figure = { description: 'pod start, POST to Ready', value, unit: 'ms' };
  const beside = { description: 'docker run -d, on a bridge', value: percentile(networked, 0.5), unit: 'ms' };
  const besideBare = { description: 'docker run -d, no network', value: percentile(bare, 0.5), unit: 'ms' };
  return [
    { id: 'pod-start', ...figure, details, beside, ...REFERENCES.podStart },
    { id: 'pod-start-no-network', ...figure, description: '  the same', beside: besideBare },
  ];
}

async function startPod(minion: Minion, watch: PodWatch, name: string): Promise<number> {
  const since = performance.now();
  await minion.client.post(PATH, podOf(name));
  await watch.ready(name, 1);
  const took = performance.now() - since;
  await minion.client.delete(`${PATH}/${name}?gracePeriodSeconds=0`);
  await watch.gone(name);
  await minion.cleared();
  return took;
}

async function runContainer(minion: Minion, name: string, networked: boolean): Promise<number> {
  const took = await minion.dockerRun(name, IMAGE, networked);
  await minion.dockerRemove(name);
  return took;
}

async function atOnce(minion: Minion, watch: PodWatch): Promise<Figure> {
  const names = Array.from({ length: AT_ONCE }, (_, i) => `many-${i}`);
  const since = performance.now();
  await Promise.all(names.map((name) => minion.client.post(PATH, podOf(name))));
  await watch.ready('many-', AT_ONCE);
  const pods = (performance.now() - since) / 1_000;
  await Promise.all(names.map((name) => minion.client.delete(`${PATH}/${name}?gracePeriodSeconds=0`)));
  await watch.gone('many-');
  await minion.cleared();
  const before = performance.now();
  await Promise.all(names.map((name) => minion.dockerRun(name, IMAGE, true)));
  const containers = (performance.now() - before) / 1_000;
  await minion.dockerRemove(...names);
  return {
    id: 'pods-20',
    description: `${AT_ONCE} pods at once, all Ready`,
    value: pods,
    unit: 's',
    beside: { description: `${AT_ONCE} × docker run -d at once, on a bridge`, value: containers, unit: 's' },
    ...REFERENCES.twentyPods,
  };
}

function podOf(name: string): object {
  const container = { name: 'app', image: IMAGE, command: ['sleep', '3600'] };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}
