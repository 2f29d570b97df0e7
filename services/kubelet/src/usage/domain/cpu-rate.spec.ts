import { cpuRateOf, withReading, type CpuReading } from './cpu-rate';

const at = (seconds: number, cpuSeconds: number): CpuReading => ({
  atMs: seconds * 1_000,
  nanoseconds: cpuSeconds * 1e9,
});

describe('the rate of a cgroup', () => {
  it('is what was spent since the newest look that is old enough', () => {
    expect(cpuRateOf([at(95, 9), at(80, 1)], at(100, 11))).toEqual({ nanoCores: 400_000_000, windowMs: 5_000 });
    expect(cpuRateOf([at(99, 9), at(80, 1)], at(100, 11))).toEqual({ nanoCores: 500_000_000, windowMs: 20_000 });
  });

  it('is of a short time where nothing else is known, and of none too short', () => {
    expect(cpuRateOf([at(98, 9)], at(100, 11))).toEqual({ nanoCores: 1_000_000_000, windowMs: 2_000 });
    expect(cpuRateOf([at(99.5, 9)], at(100, 11))).toBeUndefined();
    expect(cpuRateOf([], at(100, 11))).toBeUndefined();
  });

  it('is unknown when the counter went back', () => {
    expect(cpuRateOf([at(90, 12)], at(100, 11))).toBeUndefined();
  });

  it('needs the last two looks', () => {
    expect(withReading([at(2, 2), at(1, 1)], at(3, 3))).toEqual([at(3, 3), at(2, 2)]);
  });
});
