import { conditionOf, isConditionTrue, transitionTime } from '.';

const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' };
const pod = { status: { conditions: [{ type: 'Initialized', status: 'Unknown' }, ready] } };

describe('conditions', () => {
  it('are found by their type, and true only where they say so', () => {
    expect(conditionOf(pod, 'Ready')).toBe(ready);
    expect(['Ready', 'Initialized', 'Absent'].map((type) => isConditionTrue(pod, type))).toEqual([true, false, false]);
    expect([conditionOf({}, 'Ready'), isConditionTrue({ status: {} }, 'Ready')]).toEqual([undefined, false]);
  });

  it('keep their time while their status lasts', () => {
    const now = '2024-01-02T00:00:00Z';
    expect(transitionTime(ready, 'True', now)).toBe(ready.lastTransitionTime);
    expect(transitionTime(ready, 'False', now)).toBe(now);
    expect(transitionTime(undefined, 'True', now)).toBe(now);
  });
});
