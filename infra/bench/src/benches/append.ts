import type { Figure } from '../figures';
import { RawLog } from '../parts/raw-log';
import { REFERENCES } from '../references';
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
    // Measured is a journal that runs for a while: the code for several commands at once is not compiled by single ones,
    // and what is compiled for creates alone is thrown away at the first deletion.
    for (const prefix of ['warm', 'warmer']) {
      await bed.plane.loader.run(jobOf(bed, 32, prefix));
      await removePods(bed.bus, NAMESPACE);
    }
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

function jobOf({ plane: { nats }, effort }: Bed, inFlight: number, prefix: string) {
  return { kind: 'commands', nats, inFlight, seconds: 3 * effort.share, namespace: NAMESPACE, prefix } as const;
}

async function measure(bed: Bed, raw: RawLog, inFlight: number): Promise<Figure> {
  const { plane, bus, effort } = bed;
  const job = jobOf(bed, inFlight, `a${inFlight}`);
  const { outcome: rate, cpu } = await plane.metered(() => plane.loader.run(job), timesOf);
  await removePods(bus, NAMESPACE);
  const inserted = await raw.insertRate(inFlight, 2 * effort.share);
  return {
    id: `append-${inFlight}`,
    description:
      inFlight === 1 ? 'append events, one command at a time' : `append events, ${inFlight} commands in flight`,
    ...figureOf(rate),
    cpu,
    beside: { description: `raw insert, ${inFlight} rows a commit`, value: inserted, unit: '/s' },
    ...(inFlight === SIZES.at(-1) ? REFERENCES.append : {}),
  };
}
