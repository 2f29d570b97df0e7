import { addResult, timingOf, UNPROBED, type ProbeState } from './verdict';

const run = (results: string, probe = {}): (boolean | undefined)[] => {
  let state: ProbeState = UNPROBED;
  return [...results].map((item) => {
    state = addResult(state, item === '+', probe);
    return state.passed;
  });
};

describe('what single results come to', () => {
  it('is a pass at once, and a failure after three in a row', () => {
    expect(run('+---')).toEqual([true, true, true, false]);
    expect(run('+--+--+')).toEqual([true, true, true, true, true, true, true]);
  });

  it('follows the thresholds', () => {
    expect(run('++-', { successThreshold: 2, failureThreshold: 1 })).toEqual([undefined, true, false]);
  });

  it('takes Kubernetes’ defaults for what is not said', () => {
    expect(timingOf({})).toEqual({ delayMs: 0, periodMs: 10_000, timeoutMs: 1_000 });
    expect(timingOf({ initialDelaySeconds: 2, periodSeconds: 3, timeoutSeconds: 4 })).toEqual({
      delayMs: 2_000,
      periodMs: 3_000,
      timeoutMs: 4_000,
    });
  });
});
