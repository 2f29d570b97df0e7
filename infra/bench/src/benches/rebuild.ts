import { join } from 'node:path';
import { OPERATOR } from '../../../launcher/src/nats/identities';
import { natsSettings } from '../../../launcher/src/nats/nats';
import { REPOSITORY } from '../../../launcher/src/settings';
import { run } from '../../../launcher/src/system/run';
import { RawLog } from '../parts/raw-log';
import { REFERENCES } from '../references';
import type { Bench } from './bench';
import { makeNamespace, makePods, removePods } from './objects';

const NAMESPACE = 'bench-rebuild';
/** Enough of a log to be worth timing, should this be the only measurement. */
const PODS = 10_000;

interface Rebuilt {
  events: number;
  eventsPerSecond: number;
  comparison: { kind: string };
}

/** The whole log folded again, as `npm run rebuild` does it, beside reading it and doing nothing. */
export const rebuild: Bench = {
  name: 'rebuild',
  async run({ plane, bus, effort }) {
    await makeNamespace(bus, NAMESPACE);
    await makePods(bus, NAMESPACE, 'l', Math.round(PODS * effort.share));
    await removePods(bus, NAMESPACE);
    const { databaseUrl, ownerDatabaseUrl } = plane.cluster;
    const main = join(REPOSITORY, 'dist', 'services', 'journal', 'src', 'rebuild.js');
    const env = { DATABASE_URL: databaseUrl, ...natsSettings(plane.cluster, OPERATOR), REBUILD_JSON: '1' };
    const rebuilt = JSON.parse(await run(process.execPath, [main], { env })) as Rebuilt;
    const raw = await RawLog.open(ownerDatabaseUrl);
    const copied = await raw.copyRate();
    await raw.close();
    return [
      {
        id: 'rebuild',
        description: `rebuild from position 0, hash ${rebuilt.comparison.kind}`,
        value: rebuilt.eventsPerSecond,
        unit: 'events/s',
        details: { events: rebuilt.events },
        beside: { description: 'COPY … TO', value: copied, unit: 'events/s' },
        errors: rebuilt.comparison.kind === 'equal' ? 0 : 1,
        ...REFERENCES.rebuild,
      },
    ];
  },
};
