import type { EndpointSlice, Service } from '@shiplog/contracts';
import { ServiceIndex } from './service-index';

const aService = (name: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name },
  spec: {},
});

const aSlice = (service: string, addresses: string[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address] })),
});

const backends = (index: ServiceIndex): number | undefined =>
  index.get('default/web')?.slices.flatMap(({ endpoints }) => endpoints).length;

describe('the index of services', () => {
  it('knows which service a change touches, whichever comes first, service or slice', () => {
    const index = new ServiceIndex();
    const slice = aSlice('web', ['10.244.1.2']);
    expect(index.apply({ after: slice })).toEqual(['default/web']);
    expect(index.get('default/web')).toBeUndefined();
    expect(index.apply({ after: aService('web') })).toEqual(['default/web']);
    expect(backends(index)).toBe(1);
    const two = aSlice('web', ['10.244.1.2', '10.244.1.3']);
    expect(index.apply({ before: slice, after: two })).toEqual(['default/web']);
    expect(backends(index)).toBe(2);
    index.apply({ before: two });
    expect(backends(index)).toBe(0);
    index.apply({ before: aService('web') });
    expect(index.get('default/web')).toBeUndefined();
  });

  it('moves a slice that changes hands, and touches both services', () => {
    const index = new ServiceIndex();
    const before = aSlice('web', ['10.244.1.2']);
    const after = {
      ...aSlice('other', ['10.244.1.2']),
      metadata: { ...before.metadata, labels: { 'kubernetes.io/service-name': 'other' } },
    };
    index.apply({ after: aService('web') });
    index.apply({ after: before });
    expect(index.apply({ before, after }).sort()).toEqual(['default/other', 'default/web']);
    expect(backends(index)).toBe(0);
  });
});
