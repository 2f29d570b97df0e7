import { readConfig } from '@shiplog/service';
import { checkNetwork, networkSettings } from './settings';

const check = (env: Record<string, string>): void =>
  checkNetwork(readConfig(networkSettings, { NODE_NAME: 'minion-1', ...env }) as never);
const PAIRS = { CLUSTER_CIDR: '10.244.0.0/16,fd00:10:244::/56', SERVICE_CIDR: '10.96.0.0/16,fd00:10:96::/112' };

describe('the network’s settings', () => {
  it('are right when nothing is set, and in a dual-stack cluster', () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ POD_MTU: '1000', NODE_IP: '192.0.2.1' })).not.toThrow();
    expect(() => check({ ...PAIRS, NODE_IP: '192.0.2.1,2001:db8::1', POD_MTU: '1280' })).not.toThrow();
  });

  it.each([
    [{ CLUSTER_CIDR: '10.244.0.0/99' }, 'CLUSTER_CIDR is "10.244.0.0/99", which is no IPv4 range'],
    [{ CLUSTER_CIDR: 'fd00:10:244::/56' }, 'CLUSTER_CIDR is "fd00:10:244::/56", which is IPv6 alone'],
    [{ ...PAIRS, SERVICE_CIDR: '10.96.0.0/16' }, 'must both have an IPv6 range, or neither'],
    [{ NODE_IP: 'minion-1' }, 'NODE_IP is "minion-1", which is not an IPv4 address'],
    [{ ...PAIRS, POD_MTU: '1000' }, 'POD_MTU is 1000, but IPv6 needs at least 1280'],
  ])('%p are refused, and the error says what is right', (env, message) => {
    expect(() => check(env)).toThrow(message);
  });
});
