import { ConfigError, readConfig, commonSettings } from '@shiplog/service';
import { checkController, clusterNetworkOf, controllerSettings } from './settings';

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
    expect(clusterNetworkOf(given({ CLUSTER_CIDR: '10.20.0.0/16' }))).toMatchObject({ prefix: 16 });
  });

  it('name a network that exists', () => {
    expect(problemOf({ CLUSTER_CIDR: '10.244.0.0/99' })).toEqual(
      new ConfigError('CLUSTER_CIDR is "10.244.0.0/99", which is not an IPv4 network such as 10.244.0.0/16'),
    );
  });

  it('leave room for the parts that nodes get', () => {
    expect(problemOf({ CLUSTER_CIDR: '10.244.0.0/16', NODE_CIDR_PREFIX: '12' })).toEqual(
      new ConfigError('NODE_CIDR_PREFIX is 12, but no /12 fits into CLUSTER_CIDR 10.244.0.0/16'),
    );
  });
});
