import { ConfigError, readConfig, commonSettings } from '@shiplog/service';
import { parseAddress, parseNetwork } from '@shiplog/apimachinery';
import { checkController, controllerSettings, loadBalancerRangesOf, podRangesOf } from './settings';

const given = (env: Record<string, string>) => readConfig({ ...commonSettings, ...controllerSettings }, env);
const problemOf = (env: Record<string, string>): unknown => {
  try {
    checkController(given(env));
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('the settings of the controller', () => {
  it('are right as they come', () => {
    expect(problemOf({})).toBeUndefined();
    expect(podRangesOf(given({ CLUSTER_CIDR: '10.20.0.0/16' }))).toEqual([
      { cluster: parseNetwork('10.20.0.0/16'), prefix: 24 },
    ]);
    expect(podRangesOf(given({ CLUSTER_CIDR: '10.20.0.0/16,fd00::/56' }))[1]).toEqual({
      cluster: parseNetwork('fd00::/56'),
      prefix: 64,
    });
  });

  it('name a network that exists', () => {
    expect(String(problemOf({ CLUSTER_CIDR: '10.244.0.0/99' }))).toContain(
      'CLUSTER_CIDR is "10.244.0.0/99", which is no IPv4 range; give an IPv4 range, or',
    );
    expect(String(problemOf({ CLUSTER_CIDR: 'fd00::/56' }))).toContain('which is IPv6 alone; IPv4 comes first');
  });

  it.each([
    ['172.30.0.200-172.30.0.250', [200, 250]],
    ['172.30.0.16/28', [16, 31]],
    ['172.30.0.7-172.30.0.7', [7, 7]],
  ])('take %s for a range of load balancers', (text, [first = 0, last = 0]) => {
    const base = parseAddress('172.30.0.0') ?? 0n;
    const config = given({ LOAD_BALANCER_RANGE: text });
    expect(loadBalancerRangesOf(config)).toEqual([
      { family: 4, first: base + BigInt(first), last: base + BigInt(last) },
    ]);
    expect(loadBalancerRangesOf(given({}))).toEqual([]);
  });

  it('take one range of each family for that of load balancers', () => {
    const first = parseAddress('fd00:30::200') ?? 0n;
    const config = given({ LOAD_BALANCER_RANGE: '172.30.0.200/30,fd00:30::200-fd00:30::2ff' });
    expect(loadBalancerRangesOf(config)[1]).toEqual({ family: 6, first, last: first + 255n });
  });

  it.each([
    '172.30.0.9-172.30.0.1',
    '172.30.0.9',
    '127.0.0.1-127.0.0.9',
    'a-b',
    '::1/128',
    '169.254.0.0/24',
    'fd00::1-172.30.0.9',
    '172.30.0.1-172.30.0.2,172.30.0.5-172.30.0.6',
  ])('take %s for no range of load balancers', (text) => {
    expect(String(problemOf({ LOAD_BALANCER_RANGE: text }))).toContain(`LOAD_BALANCER_RANGE is "${text}", which is`);
  });

  it('leave room for the parts that nodes get', () => {
    expect(problemOf({ CLUSTER_CIDR: '10.244.0.0/16', NODE_CIDR_PREFIX: '12' })).toEqual(
      new ConfigError('NODE_CIDR_PREFIX is 12, but no /12 fits into CLUSTER_CIDR 10.244.0.0/16'),
    );
    expect(problemOf({ CLUSTER_CIDR: '10.244.0.0/16,fd00::/56', NODE_CIDR_PREFIX_V6: '48' })).toEqual(
      new ConfigError('NODE_CIDR_PREFIX_V6 is 48, but no /48 fits into CLUSTER_CIDR fd00::/56'),
    );
    expect(problemOf({ CLUSTER_CIDR: '10.244.0.0/16,fd00::/40' })).toEqual(
      new ConfigError('NODE_CIDR_PREFIX_V6 is 64, but may be at most 56 in CLUSTER_CIDR fd00::/40'),
    );
  });
});
