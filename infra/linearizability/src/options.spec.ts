import { optionsFrom } from './options';

describe('the options of a run', () => {
  it('are a minute with any seed, unless told otherwise', () => {
    expect(optionsFrom([], 5)).toMatchObject({ seed: 5, durationMs: 60_000, rounds: 1, clients: 8, faults: true });
    const given = optionsFrom(['--for', '90s', '--seed', '7', '--clients', '3', '--lease', '500ms', '--no-faults'], 5);
    expect(given).toMatchObject({ seed: 7, durationMs: 90_000, clients: 3, leaseMs: 500, faults: false });
  });

  it('a night is many runs', () => {
    const { durationMs, rounds } = optionsFrom(['--night'], 1);
    expect(durationMs * rounds).toBeGreaterThan(7 * 3_600_000);
    expect(optionsFrom(['--night', '--rounds', '2'], 1).rounds).toBe(2);
  });
});
