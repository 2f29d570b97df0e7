import { percentile, type Figure } from '../figures';
import type { ListOutcome } from '../load/jobs';
import { withBareServer } from '../parts/bare';
import { REFERENCES } from '../references';
import { figureOf, MEGABYTE, timesOf, type Bed, type Bench } from './bench';
import { bodyOf, makeNamespace, makePods, removePods } from './objects';

const NAMESPACE = 'bench-reads';
const COLLECTION = `/api/v1/namespaces/${NAMESPACE}/pods`;
const PODS = 5_000;
const CLIENTS = 32;

/** Single pods, and a list of 5,000. */
export const reads: Bench = {
  name: 'reads',
  async run(bed) {
    await makeNamespace(bed.bus, NAMESPACE);
    const names = await makePods(bed.bus, NAMESPACE, 'r', PODS);
    const paths = names.map((name) => `${COLLECTION}/${name}`);
    const figures = [await gets(bed, paths), await list(bed)];
    await removePods(bed.bus, NAMESPACE);
    return figures;
  },
};

async function gets({ plane, effort }: Bed, paths: string[]): Promise<Figure> {
  const job = { kind: 'each', method: 'GET', clients: CLIENTS, paths } as const;
  const ours = { ...job, endpoint: plane.endpoint, seconds: 4 * effort.share };
  // Measured is an api that has answered before.
  await plane.loader.run({ ...ours, seconds: 2 * effort.share });
  const { outcome: rate, cpu } = await plane.metered(() => plane.loader.run(ours), timesOf);
  const item = await bodyOf(plane.endpoint, paths[0] as string);
  const bare = await withBareServer(plane.cluster, { bodies: {}, other: item }, (endpoint) =>
    plane.loader.run({ ...job, endpoint, seconds: 2 * effort.share }),
  );
  return {
    id: 'gets-32',
    description: `GET of a pod, ${CLIENTS} clients`,
    ...figureOf(rate),
    cpu,
    beside: { description: 'bare HTTPS GET', value: bare.perSecond, unit: '/s' },
    ...REFERENCES.gets,
  };
}

async function list({ plane, effort }: Bed): Promise<Figure> {
  const job = { kind: 'list', path: COLLECTION, times: Math.max(4, Math.round(12 * effort.share)) } as const;
  const ours = await plane.loader.run({ ...job, endpoint: plane.endpoint });
  const whole = await bodyOf(plane.endpoint, COLLECTION);
  const items = (JSON.parse(whole.toString()) as { items: unknown[] }).items.length;
  const bare = await withBareServer(plane.cluster, { bodies: {}, other: whole }, (endpoint) =>
    plane.loader.run({ ...job, endpoint }),
  );
  return {
    id: 'list-5000',
    description: `list of ${PODS} pods`,
    value: medianOf(ours),
    unit: 'ms',
    details: { MB: ours.bytes / MEGABYTE, 'MB/s': (ours.bytes / MEGABYTE / medianOf(ours)) * 1_000 },
    beside: { description: 'bare HTTPS, the same bytes', value: medianOf(bare), unit: 'ms' },
    errors: ours.errors + (items === PODS ? 0 : 1),
  };
}

function medianOf({ times }: ListOutcome): number {
  return percentile(times, 0.5);
}
