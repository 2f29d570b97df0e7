import { isAgent } from '@shiplog/contracts';
import { Cluster, type Mode } from '../cluster';
import { identitiesOf } from '../nats/identities';
import { settingsFrom } from '../settings';
import { planCluster } from '../start-plan';
import { nodeFlags } from './node-flags';
import { processName } from './service-process';
import { controlPlaneSpecs, hollowSpec, hostSpecs, minionSpecs, ownEngineSpecs } from './service-specs';

const DOCKER_HOST = 'unix:///run/user/1000/docker.sock';

function clusterOf(kind: Mode['kind'], env: Record<string, string> = {}): Cluster {
  const cluster = new Cluster(settingsFrom({ SHIPLOG_HOME: '/home/x/.shiplog', ...env }), () => undefined);
  cluster.mode = kind === 'own-engine' ? { kind, dockerHost: DOCKER_HOST } : { kind };
  return cluster;
}

describe('the services of the master', () => {
  it('listen on this machine, and towards its own minions; never on all addresses', () => {
    expect(controlPlaneSpecs(clusterOf('own-engine')).api.env.API_HOST).toBe('127.0.0.1');
    expect(controlPlaneSpecs(clusterOf('minions')).api.env.API_HOST).toBe('127.0.0.1,172.30.0.1');
  });

  it('are told of the addresses of their slot', () => {
    const { journal, api } = controlPlaneSpecs(clusterOf('minions', { SHIPLOG_SLOT: '2' }));
    expect(journal.env).toMatchObject({ SERVICE_CIDR: '10.98.0.0/16', NODE_PORT_RANGE: '21000-21499' });
    expect(api.env).toMatchObject({ API_PORT: '6445', SERVICE_CIDR: '10.98.0.0/16', ADVERTISE_ADDRESS: '172.30.2.1' });
  });

  it('know the log’s database only where they write it, as the role that cannot change it', () => {
    const cluster = clusterOf('minions');
    cluster.databaseUrl = 'postgres://shiplog_journal:x@/shiplog';
    cluster.ownerDatabaseUrl = 'postgres://shiplog:y@/shiplog';
    const { journal, ...others } = controlPlaneSpecs(cluster);
    expect(journal.env.DATABASE_URL).toBe(cluster.databaseUrl);
    expect(JSON.stringify(others)).not.toContain('postgres');
    expect(JSON.stringify(journal)).not.toContain(cluster.ownerDatabaseUrl);
  });

  it('read copies of what they need of the certificates, and not the folder with the authority’s key', () => {
    expect(JSON.stringify(controlPlaneSpecs(clusterOf('minions')))).not.toContain('/pki/');
  });
});

describe('the services of a node', () => {
  it('of a minion run in its network and speak to its engine alone', () => {
    const cluster = clusterOf('minions');
    for (const minion of cluster.layout.minions) {
      const specs = minionSpecs(cluster, minion);
      expect(specs.map(processName)).toEqual(['kubelet', 'network', 'proxy'].map((name) => `${minion.name}-${name}`));
      for (const spec of specs) {
        const line = spec.within?.(['node', 'main.js']);
        expect(line).toEqual({ command: 'nsenter', args: [`--net=/run/netns/${minion.netns}`, 'node', 'main.js'] });
        expect(spec.env).toMatchObject({ NODE_NAME: minion.name, NODE_IP: minion.address });
      }
      expect(specs[0]?.env).toMatchObject({ DOCKER_HOST: `unix://${minion.socket}`, CGROUP_PARENT: minion.cgroup });
      expect(specs[0]?.env.IMAGE_DIR).toBe(cluster.home.images);
    }
  });

  it('have a kubelet that finds the runtime of the minion', () => {
    const cluster = clusterOf('minions', { SHIPLOG_RUNTIME: 'containerd' });
    expect(minionSpecs(cluster, cluster.layout.minions[0]!)[0]?.env).toMatchObject({
      CONTAINER_RUNTIME: 'containerd',
      CONTAINER_RUNTIME_ENDPOINT: 'unix:///run/shiplog/0/minion-1/containerd.sock',
      POD_LOGS_DIR: '/home/x/.shiplog/minions/minion-1/pod-logs',
    });
  });

  it('are told the addresses of both families in a dual-stack cluster', () => {
    const cluster = clusterOf('minions', { SHIPLOG_DUAL_STACK: 'yes' });
    const env = { CLUSTER_CIDR: cluster.layout.clusterCidr, SERVICE_CIDR: cluster.layout.serviceCidr };
    const specs = minionSpecs(cluster, cluster.layout.minions[0]!);
    expect(specs[0]?.env['NODE_IP']).toBe('172.30.0.11,fd53:6869:7000:1::11');
    expect(specs[1]?.env).toMatchObject(env);
    expect(hostSpecs(cluster)[0]?.env).toMatchObject({ NODE_IP: '172.30.0.1,fd53:6869:7000:1::1', ...env });
    expect(controlPlaneSpecs(cluster).journal.env).toMatchObject(env);
  });

  it('have a part of the machine each where they share it', () => {
    const parts = (count: string) => {
      const cluster = clusterOf('minions', { SHIPLOG_MINIONS: count });
      return cluster.layout.minions.map((minion) => minionSpecs(cluster, minion)[0]?.env['NODES_ON_MACHINE']);
    };
    expect(parts('1')).toEqual(['1']);
    expect(parts('3')).toEqual(['3', '3', '3']);
  });

  it('know how pods’ packets are to travel, where the user has said so', () => {
    const networkOf = (env: Record<string, string>) => {
      const cluster = clusterOf('minions', env);
      return minionSpecs(cluster, cluster.layout.minions[0]!).find(({ service }) => service === 'network')?.env;
    };
    expect(networkOf({ SHIPLOG_BACKEND: 'host-gw', POD_MTU: '1400' })).toMatchObject({
      BACKEND: 'host-gw',
      POD_MTU: '1400',
    });
    expect(networkOf({})).toMatchObject({ BACKEND: undefined, POD_MTU: undefined });
  });

  it('on this machine itself open node ports to it alone, and run no pods', () => {
    for (const specs of [hostSpecs(clusterOf('minions')), ownEngineSpecs(clusterOf('own-engine'), DOCKER_HOST)]) {
      const proxy = specs.find(({ service }) => service === 'proxy');
      expect(proxy?.env.NODE_PORT_ADDRESSES).toBe('127.0.0.0/8');
    }
    expect(hostSpecs(clusterOf('minions')).map(({ service }) => service)).toEqual(['network', 'proxy']);
  });

  it('on the user’s engine leave its network alone', () => {
    const specs = ownEngineSpecs(clusterOf('own-engine'), DOCKER_HOST);
    expect(specs.map(({ service }) => service)).toEqual(['kubelet', 'proxy']);
    expect(specs[0]?.env).toMatchObject({ DOCKER_HOST, POD_NETWORK: 'docker' });
  });

  it('have less memory than those of the master, and each a bound', () => {
    const heap = (service: string) => Number(/old-space-size=(\d+)/.exec(nodeFlags(service).join(' '))?.[1]);
    expect(heap('kubelet')).toBeLessThan(heap('scheduler'));
    expect(heap('scheduler')).toBeLessThan(heap('api'));
  });
});

describe('hollow nodes', () => {
  const cluster = clusterOf('hollow', { SHIPLOG_HOLLOW: '500', SHIPLOG_HOLLOW_ZONES: '3', SHIPLOG_MINIONS: '0' });

  it('are one process, with memory for all of them and credentials of its own', () => {
    const spec = hollowSpec(cluster);
    expect(processName(spec)).toBe('hollow-kubelet');
    expect(spec.env).toMatchObject({ HOLLOW_NODES: '500', HOLLOW_NAME: 'hollow', HOLLOW_ZONES: '3' });
    expect(nodeFlags(spec.service, spec.heap)).toContain('--max-old-space-size=1012');
    const agents = identitiesOf(cluster).filter(({ role }) => isAgent(role));
    expect(agents).toEqual([{ role: 'kubelet', name: 'hollow' }]);
  });

  it('alone need neither a network nor an engine', () => {
    expect(planCluster(cluster).map(({ title }) => title)).toEqual(['Foundations', 'Master', 'Hollow nodes']);
  });
});

describe('the plan of a start', () => {
  const titles = (cluster: Cluster): string[] => planCluster(cluster).map(({ title }) => title);

  it('makes the network before what runs in it, and the images before the sample', () => {
    expect(titles(clusterOf('minions'))).toEqual([
      'Network between minions',
      'Foundations',
      'Master',
      'Minions',
      'Sample: guestbook',
    ]);
  });

  it('on the user’s engine makes no network, and has the images first, which help to ready it', () => {
    expect(titles(clusterOf('own-engine', { SHIPLOG_SAMPLE: 'no' }))).toEqual([
      'Foundations',
      'Master',
      'Images',
      'Your Docker engine',
      'minion-1',
    ]);
  });
});
