import { limited, limitedByRules, remember, stabilized, windowsOf, type Dated } from './limits';
import { AUTOSCALER_DEFAULTS } from './settings';

const NOW = 10_000_000;
const ago = (seconds: number, pods: number): Dated => ({ atMs: NOW - seconds * 1_000, pods });
const range = { current: 5, min: 2, max: 20 };
const rules = (policies: [type: string, value: number, periodSeconds: number][], selectPolicy = 'Max') => ({
  selectPolicy,
  policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })),
});

describe('a recommendation', () => {
  it.each<[string, number, number, Dated[], number | undefined, string | undefined]>([
    ['is held up by a higher one of the last five minutes', 3, 5, [ago(200, 4)], 4, 'ScaleDownStabilized'],
    ['is not by an older one', 3, 5, [ago(400, 4)], undefined, undefined],
    ['is raised to a higher one, also on its way up', 6, 5, [ago(10, 9)], 9, 'ScaleDownStabilized'],
  ])('%s', (_that, wished, current, recommended, replicas, reason) => {
    const windows = windowsOf(undefined, AUTOSCALER_DEFAULTS);
    const held = stabilized(wished, { ...range, current }, recommended, windows, NOW);
    expect([held?.replicas, held?.reason]).toEqual([replicas, reason]);
  });

  it('waits as long as its own rules say, up and down', () => {
    const windows = windowsOf(
      { scaleUp: { stabilizationWindowSeconds: 60 }, scaleDown: { stabilizationWindowSeconds: 0 } },
      AUTOSCALER_DEFAULTS,
    );
    expect(stabilized(9, range, [ago(30, 6), ago(90, 5)], windows, NOW)).toMatchObject({
      replicas: 6,
      reason: 'ScaleUpStabilized',
    });
    expect(stabilized(2, range, [ago(1, 9)], windows, NOW)).toBeUndefined();
    expect(windowsOf({ scaleDown: {} }, AUTOSCALER_DEFAULTS)).toEqual({ up: 0, down: 300_000 });
  });

  it('is remembered by its last time', () => {
    expect(remember([ago(50, 3), ago(40, 4), ago(900, 8)], ago(0, 3), NOW - 300_000)).toEqual([ago(40, 4), ago(0, 3)]);
  });
});

describe('a number of pods', () => {
  it.each([
    [7, 7, 'DesiredWithinRange'],
    [1, 2, 'TooFewReplicas'],
    [15, 10, 'ScaleUpLimit'],
  ])('of %i comes to %i', (wished, replicas, reason) => {
    expect(limited(wished, range)).toMatchObject({ replicas, reason });
  });

  it('of one goes to four at once, and to no more than the most', () => {
    expect(limited(9, { current: 1, min: 1, max: 20 })).toMatchObject({ replicas: 4 });
    expect(limited(9, { current: 5, min: 1, max: 8 })).toMatchObject({ replicas: 8, reason: 'TooManyReplicas' });
  });

  it.each<[string, number, ReturnType<typeof rules>, Dated[], number, string]>([
    ['up by pods', 15, rules([['Pods', 2, 60]]), [], 7, 'ScaleUpLimit'],
    [
      'up by pods, of which some came lately',
      15,
      rules([['Pods', 2, 60]]),
      [ago(30, 1), ago(90, 9)],
      6,
      'ScaleUpLimit',
    ],
    ['up by percent, rounded up', 15, rules([['Percent', 50, 60]]), [], 8, 'ScaleUpLimit'],
    [
      'up by the most of several',
      15,
      rules([
        ['Pods', 1, 60],
        ['Percent', 100, 60],
      ]),
      [],
      10,
      'ScaleUpLimit',
    ],
    [
      'up by the least of several',
      15,
      rules(
        [
          ['Pods', 1, 60],
          ['Percent', 100, 60],
        ],
        'Min',
      ),
      [],
      6,
      'ScaleUpLimit',
    ],
    ['up not at all', 15, rules([['Pods', 1, 60]], 'Disabled'), [], 5, 'ScaleUpLimit'],
    ['up no more, when more came than may', 15, rules([['Pods', 1, 60]]), [ago(30, 3)], 5, 'ScaleUpLimit'],
    ['up to the most', 25, rules([['Pods', 90, 60]]), [], 20, 'TooManyReplicas'],
    ['down by pods', 2, rules([['Pods', 1, 60]]), [], 4, 'ScaleDownLimit'],
    ['down by percent, rounded down', 2, rules([['Percent', 30, 60]]), [], 3, 'ScaleDownLimit'],
    [
      'down by the most of several',
      2,
      rules([
        ['Pods', 1, 60],
        ['Percent', 50, 60],
      ]),
      [],
      2,
      'DesiredWithinRange',
    ],
    [
      'down by the least of several',
      2,
      rules(
        [
          ['Pods', 1, 60],
          ['Percent', 50, 60],
        ],
        'Min',
      ),
      [],
      4,
      'ScaleDownLimit',
    ],
    ['down no more, when more went than may', 2, rules([['Pods', 1, 60]]), [ago(30, -3)], 5, 'ScaleDownLimit'],
    ['down not at all', 2, rules([['Pods', 1, 60]], 'Disabled'), [], 5, 'ScaleDownLimit'],
    ['down to the least', 1, rules([['Percent', 100, 60]]), [], 2, 'TooFewReplicas'],
  ])('goes %s', (_that, wished, policy, rescaled, replicas, reason) => {
    const behavior = wished > range.current ? { scaleUp: policy } : { scaleDown: policy };
    expect(limitedByRules(wished, range, behavior, rescaled, NOW)).toMatchObject({ replicas, reason });
  });
});
