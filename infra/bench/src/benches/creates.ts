import type { Figure } from '../figures';
import { withBareServer } from '../parts/bare';
import { RawLog } from '../parts/raw-log';
import { REFERENCES } from '../references';
import { figureOf, timesOf, type Bed, type Bench } from './bench';
import { makeNamespace, makePods, removePods } from './objects';

const NAMESPACE = 'bench-creates';
const MANY = 32;

/** Pods created through the API, by one client and by many. */
export const creates: Bench = {
  name: 'creates',
  async run(bed) {
    await makeNamespace(bed.bus, NAMESPACE);
    // The sample of the raw insert, should nothing have been logged before.
    await makePods(bed.bus, NAMESPACE, 'sample', 1);
    // A server that runs for a while is compiled; one that has just begun is not.
    const warm = { namespace: NAMESPACE, clients: MANY, seconds: 3 * bed.effort.share, prefix: 'warm' };
    await bed.plane.loader.run({ kind: 'create', endpoint: bed.plane.endpoint, ...warm });
    const many = await byMany(bed);
    const figures = [await byOne(bed), many];
    await removePods(bed.bus, NAMESPACE);
    return figures;
  },
};

/** One client waits for one commit after another. */
async function byOne({ plane, effort }: Bed): Promise<Figure> {
  const job = { kind: 'create', endpoint: plane.endpoint, namespace: NAMESPACE } as const;
  const alone = { ...job, clients: 1, seconds: 4 * effort.share, prefix: 'one' };
  const { outcome: rate, cpu } = await plane.metered(() => plane.loader.run(alone), timesOf);
  const raw = await RawLog.open(plane.cluster.ownerDatabaseUrl);
  const inserted = await raw.insertRate(1, 2 * effort.share);
  await raw.close();
  return {
    id: 'creates-1',
    description: 'pod creates, 1 client',
    ...figureOf(rate),
    cpu,
    beside: { description: 'raw insert, 1 row a commit', value: inserted, unit: '/s' },
    ...REFERENCES.creates1,
  };
}

async function byMany({ plane, effort }: Bed): Promise<Figure> {
  const job = { kind: 'create', endpoint: plane.endpoint, namespace: NAMESPACE, clients: MANY } as const;
  const together = { ...job, seconds: 6 * effort.share, prefix: 'many' };
  const { outcome: rate, cpu } = await plane.metered(() => plane.loader.run(together), timesOf);
  const body = Buffer.alloc(1_800, ' ');
  const bare = await withBareServer(plane.cluster, { bodies: {}, other: body }, (endpoint) =>
    plane.loader.run({ ...job, endpoint, seconds: 2 * effort.share, prefix: 'bare' }),
  );
  return {
    id: 'creates-32',
    description: `pod creates, ${MANY} clients`,
    ...figureOf(rate),
    cpu,
    beside: { description: 'bare HTTPS POST', value: bare.perSecond, unit: '/s' },
    ...REFERENCES.creates32,
  };
}
