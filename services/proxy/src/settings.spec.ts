import { readConfig } from '@shiplog/service';
import { nodePortAddressesOf, proxySettings } from './settings';

const read = (env: Record<string, string>) => readConfig(proxySettings, { NODE_NAME: 'n1', ...env });

describe('the proxy’s settings', () => {
  it('may be of both families', () => {
    const config = read({
      CLUSTER_CIDR: '10.244.0.0/16,fd00:10:244::/56',
      SERVICE_CIDR: '10.96.0.0/16,fd00:10:96::/112',
      NODE_IP: '192.0.2.1,2001:db8::1',
      NODE_PORT_ADDRESSES: '127.0.0.0/8,192.0.2.1,2001:db8::/64,::1',
    });
    expect(config).toMatchObject({ clusterCidr: '10.244.0.0/16,fd00:10:244::/56', nodeIp: '192.0.2.1,2001:db8::1' });
    expect(nodePortAddressesOf(config)).toEqual(['127.0.0.0/8', '192.0.2.1', '2001:db8::/64', '::1']);
    expect(nodePortAddressesOf(read({}))).toEqual([]);
  });

  it.each([
    [{ CLUSTER_CIDR: 'fd00::/56' }, 'CLUSTER_CIDR is "fd00::/56", which is IPv6 alone'],
    [{ SERVICE_CIDR: 'fd00::/112,10.96.0.0/16' }, 'SERVICE_CIDR is "fd00::/112,10.96.0.0/16", which begins with IPv6'],
    [{ NODE_IP: '2001:db8::1' }, 'NODE_IP is "2001:db8::1", which is not an IPv4 address'],
    [{ NODE_PORT_ADDRESSES: '127.0.0.0/8,all' }, 'NODE_PORT_ADDRESSES has "all", which is no address or network'],
  ])('are not %p', (env, problem) => {
    expect(() => read(env)).toThrow(problem);
  });
});
