import { setTimeout as wait } from 'node:timers/promises';
import { percentile, type Figure } from '../figures';
import type { Endpoint } from '../load/https-client';
import type { WatchOutcome } from '../load/jobs';
import { withBareServer } from '../parts/bare';
import { REFERENCES } from '../references';
import { figureOf, timesOf, type Bed, type Bench } from './bench';
import { bodyOf, makeNamespace, makePods, removePods } from './objects';

const NAMESPACE = 'bench-watch';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const WATCHERS = 20;
const CLIENTS = 32;
/** What the watchers may take to be sent the last events, in milliseconds. */
const TAIL_MS = 1_000;
/** Events that the api still has when it is asked for them: fewer than its window. */
const REPLAYED = 3_000;

/**
 * Events that 20 watchers of all pods get: while 32 clients create them, which takes most of the machine, and of what was
 * before, which the api only has to send. Beside each stands what HTTPS does in its place.
 */
export const watch: Bench = {
  name: 'watch',
  async run(bed) {
    await makeNamespace(bed.bus, NAMESPACE);
    const live = await watchCreates(bed);
    await removePods(bed.bus, NAMESPACE);
    const replayed = await watchFromBefore(bed);
    await removePods(bed.bus, NAMESPACE);
    return [...live, replayed];
  },
};

async function watchCreates(bed: Bed): Promise<Figure[]> {
  const { plane, effort } = bed;
  const path = `${PODS}?watch=1`;
  // Measured are servers that have run for a while: code that has just begun is not compiled.
  await createdBefore(bed, plane.endpoint, path, 'warm', 3 * effort.share);
  await removePods(bed.bus, NAMESPACE);
  const { made, cpu, seen } = await createdBefore(bed, plane.endpoint, path, 'w', 6 * effort.share);
  const bare = await onBareServer(bed, seen, async (endpoint) => {
    await createdBefore(bed, endpoint, '/watch', 'warm', effort.share);
    return createdBefore(bed, endpoint, '/watch', 'w', 3 * effort.share);
  });
  return [
    {
      id: 'watch-20',
      description: `watch events, ${WATCHERS} watchers`,
      value: seen.perSecond,
      unit: '/s',
      details: { 'lag p50 ms': seen.p50, 'p99 ms': seen.p99 },
      beside: { description: 'bare HTTPS, POSTs and their events', value: bare.seen.perSecond, unit: '/s' },
      errors: made.errors + Math.abs(made.done * WATCHERS - seen.events),
      ...REFERENCES.watch,
    },
    {
      id: 'watch-20-creates',
      description: `  pod creates, ${CLIENTS} clients, meanwhile`,
      ...figureOf(made),
      cpu,
      beside: { description: 'bare HTTPS POST', value: bare.made.perSecond, unit: '/s' },
    },
  ];
}

/** Has clients create pods before watchers of a path. */
async function createdBefore({ plane }: Bed, endpoint: Endpoint, path: string, prefix: string, seconds: number) {
  const running = await plane.watcher.watch({ kind: 'watch', endpoint, watchers: WATCHERS, path });
  const job = { kind: 'create', endpoint, clients: CLIENTS, seconds, namespace: NAMESPACE, prefix } as const;
  const { outcome: made, cpu } = await plane.metered(() => plane.loader.run(job), timesOf);
  await wait(TAIL_MS);
  return { made, cpu, seen: await running.stop() };
}

async function watchFromBefore(bed: Bed): Promise<Figure> {
  const { plane, bus, effort } = bed;
  const before = JSON.parse((await bodyOf(plane.endpoint, `${PODS}?limit=1`)).toString()) as VersionedList;
  await makePods(bus, NAMESPACE, 'before', REPLAYED);
  const path = `${PODS}?watch=1&resourceVersion=${before.metadata.resourceVersion}`;
  const times = Math.max(2, Math.round(5 * effort.share));
  const rounds: WatchOutcome[] = [];
  const watchAgain = async (): Promise<number> => {
    for (let i = 0; i < times; i++) rounds.push(await watchFor(bed, plane.endpoint, path, TAIL_MS));
    return rounds.reduce((sum, { events }) => sum + events, 0);
  };
  const { cpu } = await plane.metered(watchAgain, (events) => events);
  const flooded = await onBareServer(bed, rounds[0]!, (endpoint) => watchFor(bed, endpoint, '/flood', 2 * TAIL_MS));
  return {
    id: 'watch-20-replay',
    description: `watch events of before, ${WATCHERS} watchers`,
    value: medianOf(rounds),
    unit: '/s',
    cpu,
    beside: { description: 'bare HTTPS, as fast as they are taken', value: flooded.perSecond, unit: '/s' },
    errors: rounds.reduce((sum, { events }) => sum + Math.abs(REPLAYED * WATCHERS - events), 0),
  };
}

interface VersionedList {
  readonly metadata: { readonly resourceVersion: string };
}

function medianOf(rounds: readonly WatchOutcome[]): number {
  const rates = rounds.map(({ perSecond }) => perSecond);
  return percentile(rates, 0.5);
}

async function watchFor({ plane }: Bed, endpoint: Endpoint, path: string, milliseconds: number): Promise<WatchOutcome> {
  const running = await plane.watcher.watch({ kind: 'watch', endpoint, watchers: WATCHERS, path });
  await wait(milliseconds);
  return running.stop();
}

/** On a server that does nothing but HTTPS, with events of the size of those that were seen. */
function onBareServer<T>(
  { plane }: Bed,
  { eventBytes }: WatchOutcome,
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const filler = 'x'.repeat(Math.max(0, eventBytes - JSON.stringify(eventOf('')).length - 1));
  const event = Buffer.from(`${JSON.stringify(eventOf(filler))}\n`);
  return withBareServer(plane.cluster, { bodies: {}, other: event, event }, use);
}

function eventOf(filler: string): object {
  return { type: 'ADDED', object: { filler } };
}
