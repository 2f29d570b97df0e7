import { planHash } from './plan-hash';
import type { PlannedCommand } from './controller';

const removal = (name: string): PlannedCommand => ({
  type: 'DeleteObject',
  data: { resource: 'pods', namespace: 'default', name },
});

describe('the hash of a plan', () => {
  it('is the same however the fields are ordered, and whatever is said to be undefined', () => {
    const otherwise: PlannedCommand = {
      data: { name: 'a', namespace: 'default', gracePeriodSeconds: undefined, resource: 'pods' },
      type: 'DeleteObject',
    };
    expect(planHash([removal('a')])).toBe(planHash([otherwise]));
    expect(planHash([removal('a')])).toMatch(/^[\w-]{8}$/);
  });

  it('is another one for other commands, for fewer, and for the same in another order', () => {
    const plans = [[], [removal('a')], [removal('b')], [removal('a'), removal('b')], [removal('b'), removal('a')]];
    expect(new Set(plans.map(planHash)).size).toBe(plans.length);
    expect(planHash([{ ...removal('a'), id: 'named' }])).not.toBe(planHash([removal('a')]));
  });
});
