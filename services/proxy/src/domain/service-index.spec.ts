import { aService, anEndpoint, aSlice } from '../testing/builders';
import { ServiceIndex } from './service-index';

const backends = (index: ServiceIndex): number => {
  const route = index.portsOf('default/web', 'n1')[0]?.internal;
  return route?.kind === 'spread' ? route.backends.length : 0;
};

describe('the index of services', () => {
  it('knows which service a change touches, whichever comes first, service or slice', () => {
    const index = new ServiceIndex();
    const slice = aSlice('web', [anEndpoint('10.244.1.2')]);
    expect(index.apply({ after: slice })).toEqual(['default/web']);
    expect(index.portsOf('default/web', 'n1')).toEqual([]);
    expect(index.apply({ after: aService('web') })).toEqual(['default/web']);
    expect(backends(index)).toBe(1);
    const two = aSlice('web', [anEndpoint('10.244.1.2'), anEndpoint('10.244.1.3')]);
    expect(index.apply({ before: slice, after: two })).toEqual(['default/web']);
    expect(backends(index)).toBe(2);
    index.apply({ before: two });
    expect(backends(index)).toBe(0);
    index.apply({ before: aService('web') });
    expect(index.portsOf('default/web', 'n1')).toEqual([]);
  });

  it('moves a slice that changes hands, and touches both services', () => {
    const index = new ServiceIndex();
    const before = aSlice('web', [anEndpoint('10.244.1.2')]);
    const after = {
      ...aSlice('other', [anEndpoint('10.244.1.2')]),
      metadata: { ...before.metadata, labels: { 'kubernetes.io/service-name': 'other' } },
    };
    index.apply({ after: aService('web') });
    index.apply({ after: before });
    expect(index.apply({ before, after }).sort()).toEqual(['default/other', 'default/web']);
    expect(backends(index)).toBe(0);
  });
});
