import { LINKS, planFaults, PROCESSES, renderCounts, targetOf } from './faults';

describe('a plan of faults', () => {
  it('follows from the seed', () => {
    expect(planFaults(7, 60_000, 2_000)).toEqual(planFaults(7, 60_000, 2_000));
    expect(planFaults(7, 60_000, 2_000)).not.toEqual(planFaults(8, 60_000, 2_000));
  });

  it('is over before the end, and never does two things to one target at once', () => {
    for (let seed = 0; seed < 50; seed++) {
      const faults = planFaults(seed, 60_000, 2_000);
      expect(faults.length).toBeGreaterThan(15);
      for (const [index, fault] of faults.entries()) {
        expect(fault.at + fault.forMs).toBeLessThanOrEqual(54_000);
        const later = faults.slice(index + 1).filter((other) => targetOf(other) === targetOf(fault));
        expect(later.every((other) => other.at > fault.at + fault.forMs)).toBe(true);
      }
    }
  });

  it('meets everything, in a night', () => {
    const faults = planFaults(1, 3_600_000, 2_000);
    expect(new Set(faults.map(targetOf))).toEqual(new Set([...PROCESSES, ...LINKS]));
    expect(renderCounts(faults)).toMatch(/^\d+ kill, \d+ pause, \d+ blackhole, \d+ cut, \d+ slow$/);
  });
});
