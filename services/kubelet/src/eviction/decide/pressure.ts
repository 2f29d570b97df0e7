import { amountOf, type Quota, type Quotas, type Signal } from '../domain/thresholds';

/** What is looked at: what settings name, and what is left of the memory that is for pods. */
export type ObservedSignal = Signal | 'allocatableMemory.available';

/** What is left of something, and how much of it there is at all: bytes or a number. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

/** Of what can't be seen here, there is none. */
export type Observations = ReadonlyMap<ObservedSignal, Observation>;

export interface Threshold {
  readonly signal: ObservedSignal;
  /** Less than this is too little. */
  readonly value: Quota;
  /** How long there may be too little; undefined for a hard threshold: not at all. */
  readonly graceMs?: number;
  /** How much more must be free before it counts as enough again. */
  readonly reclaim?: Quota;
}

/** As the kubelet's settings give them. */
export interface ThresholdSettings {
  readonly evictionHard: Quotas;
  readonly evictionSoft: Quotas;
  readonly evictionSoftGracePeriod: ReadonlyMap<Signal, number>;
  readonly evictionMinimumReclaim: Quotas;
}

/** What a node may be under pressure of. */
export type Pressure = 'memory' | 'disk' | 'pid';

/** What was found so far; times are epoch milliseconds. */
export interface Findings {
  /** Thresholds below which a signal is, and since when. */
  readonly crossed: ReadonlyMap<Threshold, number>;
  /** When each pressure was felt last. */
  readonly feltAt: Readonly<Partial<Record<Pressure, number>>>;
}

export const NO_FINDINGS: Findings = { crossed: new Map(), feltAt: {} };

/**
 * All thresholds. That of memory holds for the memory of pods, too: their cgroup is full before the machine is. Throws for a soft
 * threshold without a grace period.
 */
export function thresholdsOf(settings: ThresholdSettings, isPodMemoryLimited: boolean): readonly Threshold[] {
  const { evictionHard, evictionSoft, evictionSoftGracePeriod, evictionMinimumReclaim } = settings;
  const soft = [...evictionSoft].map(([signal, value]) => {
    const graceMs = evictionSoftGracePeriod.get(signal);
    if (graceMs === undefined) throw new Error(`the soft threshold of ${signal} has no grace period`);
    return { signal, value, graceMs };
  });
  const hard = [...evictionHard].map(([signal, value]) => ({ signal, value }));
  const all = [...hard, ...soft].map((threshold): Threshold => {
    const reclaim = evictionMinimumReclaim.get(threshold.signal);
    return reclaim === undefined ? threshold : { ...threshold, reclaim };
  });
  const ofPods = isPodMemoryLimited
    ? all.filter(({ signal, graceMs }) => isMemory(signal) && graceMs === undefined)
    : [];
  return [...all, ...ofPods.map((threshold): Threshold => ({ ...threshold, signal: 'allocatableMemory.available' }))];
}

/** What is found by another look (synchronize in pkg/kubelet/eviction/eviction_manager.go). */
export function observe(
  before: Findings,
  thresholds: readonly Threshold[],
  observations: Observations,
  now: number,
): Findings {
  const crossed = new Map<Threshold, number>();
  const feltAt = { ...before.feltAt };
  for (const threshold of thresholds) {
    const since = before.crossed.get(threshold);
    if (!isCrossed(threshold, observations.get(threshold.signal), since !== undefined)) continue;
    crossed.set(threshold, since ?? now);
    feltAt[pressureOf(threshold.signal)] = now;
  }
  return { crossed, feltAt };
}

/** What a node is under pressure of: for a time after it was felt last, so that what comes and goes is written once. */
export function pressuresOf({ feltAt }: Findings, now: number, transitionMs: number): ReadonlySet<Pressure> {
  const all: readonly Pressure[] = ['memory', 'disk', 'pid'];
  return new Set(all.filter((kind) => feltAt[kind] === now || now - (feltAt[kind] ?? -Infinity) < transitionMs));
}

/** The threshold that something has to be done about now, and first; memory before all else. */
export function mostUrgent({ crossed }: Findings, now: number): Threshold | undefined {
  const due = [...crossed].filter(([{ graceMs = 0 }, since]) => now - since >= graceMs).map(([threshold]) => threshold);
  return due.find(({ signal }) => isMemory(signal)) ?? due[0];
}

function isCrossed({ value, reclaim }: Threshold, observation: Observation | undefined, wasCrossed: boolean): boolean {
  if (observation === undefined) return false;
  const { available, capacity } = observation;
  const more = wasCrossed && reclaim !== undefined ? amountOf(reclaim, capacity) : 0;
  return available < amountOf(value, capacity) + more;
}

function isMemory(signal: ObservedSignal): boolean {
  return signal === 'memory.available' || signal === 'allocatableMemory.available';
}

function pressureOf(signal: ObservedSignal): Pressure {
  if (isMemory(signal)) return 'memory';
  return signal === 'pid.available' ? 'pid' : 'disk';
}
