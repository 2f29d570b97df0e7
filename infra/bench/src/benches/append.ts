import type { Figure } from '../figures';
import { RawLog } from '../parts/raw-log';
import { figureOf, timesOf, type Bed, type Bench } from './bench';
import { makeNamespace, removePods } from './objects';

const NAMESPACE = 'bench-append';
/** Commands in flight, and rows in one insert. */
const SIZES = [1, 32, 512];

/** Events a second through the journal, from commands on the bus, beside plain inserts of the same rows. */
export const append: Bench = {
  name: 'append',
  async run(bed) {
    await makeNamespace(bed.bus, NAMESPACE);
    const raw = await RawLog.open(bed.plane.cluster.ownerDatabaseUrl);
    try {
      const figures: Figure[] = [];
      for (const size of SIZES) figures.push(await measure(bed, raw, size));
      return figures;
    } finally {
      await raw.close();
    }
  },
};

async function measure({ plane, bus, effort }: Bed, raw: RawLog, inFlight: number): Promise<Figure> {
  const { nats } = plane;
  const seconds = 3 * effort.share;
  const job = { kind: 'commands', nats, inFlight, seconds, namespace: NAMESPACE, prefix: `a${inFlight}` } as const;
  const { outcome: rate, cpu } = await plane.metered(() => plane.loader.run(job), timesOf);
  await removePods(bus, NAMESPACE);
  const inserted = await raw.insertRate(inFlight, 2 * effort.share);
  return {
    id: `append-${inFlight}`,
    what: inFlight === 1 ? 'append events, one command at a time' : `append events, ${inFlight} commands in flight`,
    ...figureOf(rate),
    cpu,
    beside: { what: `raw insert, ${inFlight} rows a commit`, value: inserted, unit: '/s' },
  };
}
