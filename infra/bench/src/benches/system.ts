import type { Figure } from '../figures';
import { Loader } from '../load/loader';
import { withBareServer } from '../parts/bare';
import { cpuPerProcess, metered } from '../parts/metered';
import { Minion } from '../parts/minion';
import { REFERENCES } from '../references';
import { figureOf, timesOf, type Effort } from './bench';

const NAMESPACE = 'default';
const MINIONS = 2;
const BODY = Buffer.alloc(1_800, ' ');

/**
 * What a user's machine does: everything that `npm start` starts, two minions with their agents included, on the same processors as
 * the clients. The pods are for no scheduler of the cluster: each of its processes has only to find that they are none of its own.
 */
export async function measureSystem(effort: Effort): Promise<Figure[]> {
  const system = await Minion.start(MINIONS);
  const loader = new Loader();
  try {
    const creating = { endpoint: system.endpoint, namespace: NAMESPACE } as const;
    const run = async (job: Parameters<typeof loader.run>[0] & { kind: 'create' | 'create-maps' }) =>
      metered(cpuPerProcess(system.cluster.registry), () => loader.run(job), timesOf);
    await loader.run({ ...creating, kind: 'create', clients: 32, seconds: 3 * effort.share, prefix: 'warm' });
    const alone = await run({ ...creating, kind: 'create', clients: 1, seconds: 4 * effort.share, prefix: 'one' });
    const many = await run({ ...creating, kind: 'create', clients: 32, seconds: 6 * effort.share, prefix: 'many' });
    const maps = await run({
      ...creating,
      kind: 'create-maps',
      clients: 64,
      seconds: 6 * effort.share,
      prefix: 'maps',
    });
    const bare = await withBareServer(system.cluster, { bodies: {}, other: BODY }, (endpoint) =>
      loader.run({ ...creating, endpoint, kind: 'create', clients: 32, seconds: 2 * effort.share, prefix: 'bare' }),
    );
    const beside = { description: 'bare HTTPS POST, 32 clients', value: bare.perSecond, unit: '/s' };
    return [
      figure('system-creates-1', 'whole system: pod creates, 1 client', alone),
      { ...figure('system-creates-32', 'whole system: pod creates, 32 clients', many), beside, ...REFERENCES.system },
      { ...figure('system-maps-64', 'whole system: config maps, 64 clients', maps), beside },
    ];
  } finally {
    await loader.close();
    await system.stop();
  }
}

function figure(
  id: string,
  description: string,
  { outcome, cpu }: { outcome: Parameters<typeof figureOf>[0]; cpu: Figure['cpu'] },
): Figure {
  return { id, description, ...figureOf(outcome), cpu };
}
