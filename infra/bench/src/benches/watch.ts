import { setTimeout as wait } from 'node:timers/promises';
import type { Figure } from '../figures';
import { withBareServer } from '../parts/bare';
import { REFERENCES } from '../references';
import { figureOf, timesOf, type Bed, type Bench } from './bench';
import { makeNamespace, removePods } from './objects';

const NAMESPACE = 'bench-watch';
const WATCHERS = 20;
const CLIENTS = 32;
/** What the watchers may take to be sent the last events, in milliseconds. */
const TAIL_MS = 1_000;

/** Events that 20 watchers of all pods get while 32 clients create them, and how long each takes to arrive. */
export const watch: Bench = {
  name: 'watch',
  async run(bed) {
    const { plane, bus, effort } = bed;
    const { endpoint } = plane;
    await makeNamespace(bus, NAMESPACE);
    const path = `/api/v1/namespaces/${NAMESPACE}/pods?watch=1`;
    const running = await plane.watcher.watch({ kind: 'watch', endpoint, watchers: WATCHERS, path });
    const seconds = 6 * effort.share;
    const job = { kind: 'create', endpoint, clients: CLIENTS, seconds, namespace: NAMESPACE, prefix: 'w' } as const;
    const { outcome: made, cpu } = await plane.metered(() => plane.loader.run(job), timesOf);
    await wait(TAIL_MS);
    const seen = await running.stop();
    await removePods(bus, NAMESPACE);
    const bare = await bareRate(bed, 3 * effort.share);
    return [
      {
        id: 'watch-20',
        description: `watch events, ${WATCHERS} watchers`,
        value: seen.perSecond,
        unit: '/s',
        details: { 'lag p50 ms': seen.p50, 'p99 ms': seen.p99 },
        beside: { description: 'bare HTTPS, events of that size', value: bare, unit: '/s' },
        errors: made.errors + Math.abs(made.done * WATCHERS - seen.events),
        ...REFERENCES.watch,
      },
      {
        id: 'watch-20-creates',
        description: `  pod creates, ${CLIENTS} clients, meanwhile`,
        ...figureOf(made),
        cpu,
      } satisfies Figure,
    ];
  },
};

/** Events a second that HTTPS alone carries to as many watchers. */
async function bareRate({ plane }: Bed, seconds: number): Promise<number> {
  const event = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: { filler: 'x'.repeat(1_600) } })}\n`);
  const block = Buffer.concat(Array.from({ length: 16 }, () => event));
  const answers = { bodies: {}, other: event, block };
  return withBareServer(plane.cluster, answers, async (endpoint) => {
    const running = await plane.watcher.watch({ kind: 'watch', endpoint, watchers: WATCHERS, path: '/watch' });
    await wait(seconds * 1_000);
    return (await running.stop()).perSecond;
  });
}
