import { parseGracePeriods, parseReclaims, parseThresholds, type Quotas } from '../domain/thresholds';
import {
  mostUrgent,
  NO_FINDINGS,
  observe,
  pressuresOf,
  thresholdsOf,
  type Findings,
  type Observations,
  type ObservedSignal,
} from './pressure';

const DEFAULTS = 'memory.available<100,nodefs.available<10%,imagefs.available<15%,pid.available<5';
const MINUTE = 60_000;

function thresholds(hard: string, { soft = '', grace = '', reclaim = '', ofPods = false } = {}) {
  return thresholdsOf(
    {
      evictionHard: parseThresholds(hard) as Quotas,
      evictionSoft: parseThresholds(soft) as Quotas,
      evictionSoftGracePeriod: parseGracePeriods(grace) as ReadonlyMap<never, number>,
      evictionMinimumReclaim: parseReclaims(reclaim) as Quotas,
    },
    ofPods,
  );
}
/** What is left of 1,000 of each. */
const left = (amounts: Partial<Record<ObservedSignal, number>>): Observations =>
  new Map(
    Object.entries(amounts).map(([signal, available]) => [signal as ObservedSignal, { available, capacity: 1_000 }]),
  );

describe('a node', () => {
  const all = thresholds(DEFAULTS);
  const seen = (amounts: Parameters<typeof left>[0], before: Findings = NO_FINDINGS, now = 0) =>
    observe(before, all, left(amounts), now);

  it.each<[Parameters<typeof left>[0], string, string[]]>([
    [{ 'memory.available': 100, 'nodefs.available': 100, 'imagefs.available': 150, 'pid.available': 5 }, '', []],
    [{ 'memory.available': 99 }, 'memory.available', ['memory']],
    [{ 'nodefs.available': 99 }, 'nodefs.available', ['disk']],
    [{ 'imagefs.available': 149 }, 'imagefs.available', ['disk']],
    [{ 'pid.available': 4 }, 'pid.available', ['pid']],
    [
      { 'pid.available': 0, 'nodefs.available': 0, 'memory.available': 0 },
      'memory.available',
      ['memory', 'disk', 'pid'],
    ],
    [{}, '', []],
  ])('with %p left does something about %p first', (amounts, signal, pressures) => {
    const findings = seen(amounts);
    expect(mostUrgent(findings, 0)?.signal ?? '').toBe(signal);
    expect([...pressuresOf(findings, 0, 5 * MINUTE)]).toEqual(pressures);
  });

  it('stays under pressure for a while after it was felt last, and evicts no more', () => {
    let findings = seen({ 'memory.available': 1 });
    for (let minute = 1; minute <= 10; minute++) {
      findings = seen({ 'memory.available': minute < 4 && minute % 2 === 1 ? 1 : 500 }, findings, minute * MINUTE);
      expect(pressuresOf(findings, minute * MINUTE, 5 * MINUTE).size).toBe(minute < 8 ? 1 : 0);
      expect(mostUrgent(findings, minute * MINUTE) === undefined).toBe(minute >= 4 || minute % 2 === 0);
    }
  });

  it('waits for the grace of a soft threshold, which begins anew when there was enough, and is under pressure meanwhile', () => {
    const soft = thresholds('none', { soft: 'memory.available<500', grace: 'memory.available=1m' });
    const look = (available: number, before: Findings, now: number) =>
      observe(before, soft, left({ 'memory.available': available }), now);
    let findings = look(400, NO_FINDINGS, 0);
    expect([...pressuresOf(findings, 0, 0)]).toEqual(['memory']);
    findings = look(400, findings, MINUTE - 1);
    expect(mostUrgent(findings, MINUTE - 1)).toBeUndefined();
    expect(mostUrgent(look(400, findings, MINUTE), MINUTE)?.graceMs).toBe(MINUTE);
    findings = look(400, look(600, findings, MINUTE), MINUTE + 1);
    expect(mostUrgent(findings, MINUTE + 1)).toBeUndefined();
    expect(() => thresholds('none', { soft: 'pid.available<5' })).toThrow(
      'the soft threshold of pid.available has no grace',
    );
  });

  it('that ran short has enough only when the minimum is free, too', () => {
    const withMinimum = thresholds('nodefs.available<10%', { reclaim: 'nodefs.available=5%' });
    const look = (available: number, before: Findings) =>
      observe(before, withMinimum, left({ 'nodefs.available': available }), 0);
    expect(mostUrgent(look(140, NO_FINDINGS), 0)).toBeUndefined();
    const short = look(90, NO_FINDINGS);
    expect(mostUrgent(look(149, short), 0)).toBeDefined();
    expect(mostUrgent(look(150, short), 0)).toBeUndefined();
  });

  it('whose pods have a limit of memory together runs short when they come near to it', () => {
    const ofPods = thresholds(DEFAULTS, { ofPods: true });
    const findings = observe(
      NO_FINDINGS,
      ofPods,
      left({ 'memory.available': 900, 'allocatableMemory.available': 99 }),
      0,
    );
    expect(mostUrgent(findings, 0)?.signal).toBe('allocatableMemory.available');
    expect([...pressuresOf(findings, 0, 0)]).toEqual(['memory']);
  });
});
