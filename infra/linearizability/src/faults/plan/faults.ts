import { Random } from '../../random';

export const PROCESSES = [
  'journal',
  'standby-journal',
  'api',
  'second-api',
  'scheduler',
  'controller',
  'nats',
  'postgres',
] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** A service's connection to a store, by the service's process. */
export const LINKS = [
  'journal to postgres',
  'standby-journal to postgres',
  'journal to nats',
  'standby-journal to nats',
  'api to nats',
  'second-api to nats',
] as const;
export type LinkName = (typeof LINKS)[number];

/** Something that goes wrong, at a time (milliseconds from the beginning) and for a time. */
export type Fault = { readonly at: number; readonly forMs: number } & (
  | { readonly kind: 'kill' | 'pause'; readonly process: ProcessName }
  | { readonly kind: 'blackhole' | 'cut'; readonly link: LinkName }
  | { readonly kind: 'slow'; readonly link: LinkName; readonly latencyMs: number }
);

type Kind = Fault['kind'];

const KINDS: readonly (readonly [number, Kind])[] = [
  [3, 'kill'],
  [3, 'pause'],
  [4, 'blackhole'],
  [2, 'cut'],
  [2, 'slow'],
];
/** Journals most of all: what they say is what everybody believes. */
const KILLED: readonly (readonly [number, ProcessName])[] = [
  [4, 'journal'],
  [4, 'standby-journal'],
  [2, 'api'],
  [2, 'second-api'],
  [1, 'scheduler'],
  [1, 'controller'],
  [1, 'nats'],
  [1, 'postgres'],
];
/** A paused store is everybody's pause, and shows little. */
const PAUSED = KILLED.filter(([, process]) => process !== 'nats' && process !== 'postgres');
const DISTURBED: readonly (readonly [number, LinkName])[] = [
  [4, 'journal to postgres'],
  [4, 'standby-journal to postgres'],
  [3, 'journal to nats'],
  [3, 'standby-journal to nats'],
  [2, 'api to nats'],
  [2, 'second-api to nats'],
];
const FIRST_MS = 1_000;
const MOST_BETWEEN_MS = 2_500;
/** Part of the time at the end in which nothing goes wrong, so that everything can heal. */
const QUIET_SHARE = 0.1;

/**
 * What goes wrong in a run: follows from the seed alone. One thing at a time happens to each process and link, several
 * may happen to different ones.
 * @param durationMs of the run
 * @param leaseMs after which a hung journal is replaced: faults are shorter and longer than that
 */
export function planFaults(seed: number, durationMs: number, leaseMs: number): Fault[] {
  const random = new Random(seed);
  const until = durationMs * (1 - QUIET_SHARE);
  const busyUntil = new Map<string, number>();
  const faults: Fault[] = [];
  for (let at = FIRST_MS; at < until; at += random.between(200, MOST_BETWEEN_MS)) {
    const fault = faultAt(at, random, leaseMs);
    const target = targetOf(fault);
    if ((busyUntil.get(target) ?? 0) > at || at + fault.forMs > until) continue;
    busyUntil.set(target, at + fault.forMs + 500);
    faults.push(fault);
  }
  return faults;
}

/** The process or link that a fault happens to. */
export function targetOf(fault: Fault): ProcessName | LinkName {
  return 'process' in fault ? fault.process : fault.link;
}

function faultAt(at: number, random: Random, leaseMs: number): Fault {
  const kind = random.weighted(KINDS);
  const forMs = Math.round(leaseMs * (0.2 + 2 * random.fraction()));
  switch (kind) {
    case 'kill':
      return { at, forMs: 0, kind, process: random.weighted(KILLED) };
    case 'pause':
      return { at, forMs, kind, process: random.weighted(PAUSED) };
    case 'blackhole':
      return { at, forMs, kind, link: random.weighted(DISTURBED) };
    case 'cut':
      return { at, forMs: Math.round(forMs / 4), kind, link: random.weighted(DISTURBED) };
    case 'slow':
      return { at, forMs, kind, link: random.weighted(DISTURBED), latencyMs: random.between(2, 150) };
  }
}

/** How often each kind happens, in a few words. */
export function renderCounts(faults: readonly Fault[]): string {
  const counts = KINDS.map(([, kind]) => [kind, faults.filter((fault) => fault.kind === kind).length] as const);
  return counts
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}
