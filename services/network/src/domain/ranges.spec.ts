import { clusterRanges } from './ranges';

const PAIRS = {
  clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
  nodeCidrPrefix: 24,
};

describe('the ranges of a cluster', () => {
  it('are of IPv4, or of both families', () => {
    const v4 = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', nodeCidrPrefix: 24 };
    expect(clusterRanges(v4)).toEqual(v4);
    expect(clusterRanges({ ...PAIRS, nodeCidrPrefixV6: 80 })).toEqual({
      ...v4,
      v6: { clusterCidr: 'fd00:10:244::/56', serviceCidr: 'fd00:10:96::/112', nodeCidrPrefix: 80 },
    });
  });

  it.each([
    [{ clusterCidr: 'fd00:10:244::/56' }, 'CLUSTER_CIDR is "fd00:10:244::/56", which is IPv6 alone'],
    [{ serviceCidr: '10.96.0.0/16' }, 'must both have an IPv6 range'],
    [{ nodeCidrPrefixV6: 121 }, "a node's /121 must hold as many addresses as its /24 of IPv4"],
  ])('%p are none, and the error says what is right', (more, message) => {
    expect(() => clusterRanges({ ...PAIRS, ...more })).toThrow(message);
  });
});
