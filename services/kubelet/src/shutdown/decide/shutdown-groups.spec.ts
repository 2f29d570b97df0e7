import { pod } from '../../testing/builders';
import { problemInGrace, shutdownGroups } from './shutdown-groups';

const named = (name: string, priority?: number) => pod({ containers: [], priority }, {}, { name, uid: name });
const grouped = (pods: ReturnType<typeof named>[], totalMs: number, criticalMs: number) =>
  shutdownGroups(pods, { totalMs, criticalMs }).map((group) => [
    group.graceSeconds,
    ...group.pods.map(({ metadata }) => metadata.name),
  ]);

describe('the pods of a machine that goes down', () => {
  const pods = [named('dns', 2_000_000_000), named('web'), named('agent', 2_000_001_000), named('low', -5)];

  it('end in two groups: the critical ones last, with what of the time is theirs', () => {
    expect(grouped(pods, 30_000, 10_000)).toEqual([
      [20, 'web', 'low'],
      [10, 'dns', 'agent'],
    ]);
  });

  it('have nothing left for their end where no time is theirs', () => {
    expect(grouped(pods, 10_000, 10_000)).toEqual([
      [0, 'web', 'low'],
      [10, 'dns', 'agent'],
    ]);
  });

  it('wait for no group that has no pods', () => {
    expect(grouped([named('web')], 30_000, 10_000)).toEqual([[20, 'web']]);
    expect(grouped([], 30_000, 10_000)).toEqual([]);
  });
});

describe('the graces of a shutdown', () => {
  it.each([
    [0, 0, undefined],
    [30_000, 10_000, undefined],
    [10_000, 10_001, /is a part of SHUTDOWN_GRACE_PERIOD/],
    [0, 1_000, /is a part of SHUTDOWN_GRACE_PERIOD/],
    [500, 0, /either 0 or at least 1s/],
  ])('of %d ms, %d of them for critical pods', (totalMs, criticalMs, problem) => {
    const found = problemInGrace({ totalMs, criticalMs });
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });
});
