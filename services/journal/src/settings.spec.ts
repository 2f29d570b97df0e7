import { ConfigError, readConfig } from '@shiplog/service';
import { admissionSettings, checkSettings, journalSettings } from './settings';

const check = (env: Record<string, string>): void => checkSettings(readConfig(journalSettings, env));

describe('the journal’s settings', () => {
  it('are right when nothing is set', () => {
    expect(() => check({})).not.toThrow();
    expect(admissionSettings(readConfig(journalSettings, {}))).toEqual({
      serviceCidr: '10.96.0.0/16',
      clusterCidr: '10.244.0.0/16',
      nodePortRange: [30_000, 32_767],
    });
  });

  it('may be of both families', () => {
    const pairs = { SERVICE_CIDR: '10.96.0.0/16,fd00:10:96::/112', CLUSTER_CIDR: '10.244.0.0/16,fd00:10:244::/56' };
    expect(() => check(pairs)).not.toThrow();
  });

  it.each([
    [{ SERVICE_CIDR: '10.96.0.0/99' }, 'SERVICE_CIDR is "10.96.0.0/99", which is no IPv4 range'],
    [{ CLUSTER_CIDR: '10.244.0.0/99' }, 'CLUSTER_CIDR is "10.244.0.0/99", which is no IPv4 range'],
    [{ SERVICE_CIDR: 'fd00::/112' }, 'SERVICE_CIDR is "fd00::/112", which is IPv6 alone'],
    [{ CLUSTER_CIDR: 'fd00::/56,10.244.0.0/16' }, 'CLUSTER_CIDR is "fd00::/56,10.244.0.0/16", which begins with IPv6'],
    [{ CLUSTER_CIDR: '10.244.0.0/16,fd00:10:244::/56' }, 'in a dual-stack cluster both have an IPv6 range'],
    [
      { SERVICE_CIDR: '10.96.0.0/16,fd00:10:96::/64', CLUSTER_CIDR: '10.244.0.0/16,fd00:10:244::/56' },
      'which is too large: the length of its IPv6 range must be at least 108',
    ],
    [{ NODE_PORT_RANGE: '32767-30000' }, 'NODE_PORT_RANGE is "32767-30000"'],
    [{ NODE_PORT_RANGE: '30000-70000' }, 'NODE_PORT_RANGE is "30000-70000"'],
    [{ RETENTION_EVENTS: '1000' }, 'ARCHIVE_DIR must be set'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL is "mysql://x"'],
    [{ LEASE_TTL: '10ms' }, 'LEASE_TTL is "10ms"'],
  ])('%p stop it with a sentence', (env, sentence) => {
    expect(() => check(env)).toThrow(ConfigError);
    expect(() => check(env)).toThrow(sentence);
  });
});
