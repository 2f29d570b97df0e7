import type { Cluster } from '../cluster';
import { DNS_INSTANCES, HOLLOW } from '../nats/identities';
import { inMinion } from '../engines/in-minion';
import { runtimeOf } from '../engines/runtimes';
import { HOLLOW_PREFIX, type MinionLayout } from '../layout';
import { RANK } from '../processes/registry';
import type { LauncherSettings } from '../settings';
import { hollowHeap } from './node-flags';
import type { ServiceSpec } from './service-process';

/** The services of the master, by name. */
export function controlPlaneSpecs(
  cluster: Cluster,
): Readonly<Record<'journal' | 'api' | 'scheduler' | 'controller', ServiceSpec>> {
  const { layout, home, settings } = cluster;
  const main = (service: ServiceSpec['service'], rank: number, env: ServiceSpec['env'] = {}) => ({
    service,
    instance: 'main',
    rank,
    env,
  });
  return {
    journal: main('journal', RANK.journal, {
      DATABASE_URL: cluster.databaseUrl,
      SERVICE_CIDR: layout.serviceCidr,
      CLUSTER_CIDR: layout.clusterCidr,
      NODE_PORT_RANGE: layout.nodePortRange,
    }),
    api: main('api', RANK.api, {
      API_HOST: cluster.mode.kind === 'minions' ? `127.0.0.1,${layout.hostAddress}` : '127.0.0.1',
      API_PORT: String(settings.apiPort),
      ADVERTISE_ADDRESS: cluster.hostAddress,
      SERVICE_CIDR: layout.serviceCidr,
      TLS_CERT_FILE: home.at('api', 'server.crt'),
      TLS_KEY_FILE: home.at('api', 'server.key'),
      PROXY_CLIENT_CA_FILE: home.at('api', 'ca.crt'),
      PROXY_CLIENT_CERT_FILE: home.at('api', 'front-proxy-client.crt'),
      PROXY_CLIENT_KEY_FILE: home.at('api', 'front-proxy-client.key'),
      TOKEN_FILE: home.tokens,
      CLIENT_CA_FILE: home.at('api', 'client-ca.crt'),
      ROOT_CA_FILE: home.at('api', 'ca.crt'),
      SERVICE_ACCOUNT_KEY_FILE: home.at('api', 'sa.key'),
      SERVICE_ACCOUNT_PUBLIC_KEYS_FILE: home.at('api', 'sa.pub'),
    }),
    scheduler: main('scheduler', RANK.decider),
    controller: main('controller', RANK.decider, {
      CLUSTER_CIDR: layout.clusterCidr,
      CA_FILE: home.at('api', 'ca.crt'),
      // Without an underlay no route leads to them.
      ...(cluster.mode.kind === 'minions' ? { LOAD_BALANCER_RANGE: layout.loadBalancerRange } : {}),
      CLUSTER_SIGNING_CERT_FILE: home.at('controller', 'client-ca.crt'),
      CLUSTER_SIGNING_KEY_FILE: home.at('controller', 'client-ca.key'),
    }),
  };
}

/** Another port for each: they share this machine's address, and 53 is that of its own resolver. */
const FIRST_DNS_PORT = 10_053;

/** The names of the cluster. On the user's own engine there are none: pods there don't reach the addresses of Services. */
export function dnsSpecs({ layout }: Cluster): ServiceSpec[] {
  return DNS_INSTANCES.map((instance, nth) => ({
    service: 'dns',
    instance,
    rank: RANK.decider,
    env: {
      DNS_ADDRESS: layout.hostAddress,
      DNS_PORT: String(FIRST_DNS_PORT + nth),
      CLUSTER_DNS: layout.clusterDns,
    },
  }));
}

/** Minions share a disk with their user, which may well be fuller than a node's: their images go later, and their pods. */
const USERS_DISK = {
  IMAGE_GC_HIGH_THRESHOLD: '95',
  IMAGE_GC_LOW_THRESHOLD: '90',
  EVICTION_HARD: 'memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,imagefs.available<5%',
};

/** What the user chose of the pod network, for a network agent. */
export function podNetworkEnv({ backend, podMtu }: Pick<LauncherSettings, 'backend' | 'podMtu'>): ServiceSpec['env'] {
  return { BACKEND: backend, POD_MTU: podMtu?.toString() };
}

/** A node's addresses as NODE_IP has them. */
function addressesOf(v4: string, v6: string | undefined): string {
  return v6 === undefined ? v4 : `${v4},${v6}`;
}

/** The services of one minion, as on a host of its own. */
export function minionSpecs(cluster: Cluster, minion: MinionLayout): ServiceSpec[] {
  const { layout } = cluster;
  const ranges = { CLUSTER_CIDR: layout.clusterCidr, SERVICE_CIDR: layout.serviceCidr };
  const agent = (service: ServiceSpec['service'], env: ServiceSpec['env'] = {}): ServiceSpec => ({
    service,
    instance: minion.name,
    rank: RANK.agent,
    env: { NODE_NAME: minion.name, NODE_IP: addressesOf(minion.address, minion.address6), ...env },
    within: (command) => inMinion(minion, command),
  });
  return [
    agent('kubelet', {
      ...runtimeOf(minion).kubeletEnv(minion),
      CGROUP_PARENT: minion.cgroup,
      STATE_DIR: `${minion.home}/kubelet`,
      IMAGE_DIR: cluster.home.images,
      STATIC_POD_PATH: `${minion.home}/manifests`,
      CLUSTER_DNS: layout.clusterDns,
      NODES_ON_MACHINE: String(layout.minions.length),
      ...USERS_DISK,
    }),
    agent('network', { ...ranges, ...podNetworkEnv(cluster.settings) }),
    agent('proxy', { ...ranges, PROXY_MODE: 'auto' }),
  ];
}

/** All hollow nodes: one process. */
export function hollowSpec({ settings }: Cluster): ServiceSpec {
  return {
    service: HOLLOW.role as ServiceSpec['service'],
    instance: HOLLOW.name,
    rank: RANK.agent,
    program: 'infra/hollow/src/main.js',
    heap: hollowHeap(settings.hollow),
    as: 'hollow',
    env: {
      HOLLOW_NODES: String(settings.hollow),
      HOLLOW_NAME: HOLLOW_PREFIX,
      HOLLOW_ZONES: String(settings.hollowZones),
      // The memory of thousands of nodes is gone through at once now and then.
      STALL_LIMIT: '30s',
    },
  };
}

/** What lets this machine itself, which runs no pods, reach pods and Services. */
export function hostSpecs(cluster: Cluster): ServiceSpec[] {
  const { layout } = cluster;
  const ranges = { CLUSTER_CIDR: layout.clusterCidr, SERVICE_CIDR: layout.serviceCidr };
  const host = (service: ServiceSpec['service'], env: ServiceSpec['env']): ServiceSpec => ({
    service,
    instance: layout.hostName,
    rank: RANK.agent,
    env: {
      NODE_NAME: layout.hostName,
      NODE_IP: addressesOf(layout.hostAddress, layout.underlay6?.hostAddress),
      ...ranges,
      ...env,
    },
  });
  return [host('network', { ROLE: 'host' }), host('proxy', { PROXY_MODE: 'auto', NODE_PORT_ADDRESSES: '127.0.0.0/8' })];
}

/** The one minion on the engine that the user has: no network of its own to manage. */
export function ownEngineSpecs(cluster: Cluster, dockerHost: string): ServiceSpec[] {
  const agent = (service: ServiceSpec['service'], env: ServiceSpec['env']): ServiceSpec => ({
    service,
    instance: 'minion-1',
    rank: RANK.agent,
    env: { NODE_NAME: 'minion-1', NODE_IP: '127.0.0.1', ...env },
  });
  return [
    agent('kubelet', {
      DOCKER_HOST: dockerHost,
      POD_NETWORK: 'docker',
      STATE_DIR: cluster.home.at('minions', 'minion-1', 'kubelet'),
      ...USERS_DISK,
      IMAGE_DIR: cluster.home.images,
    }),
    agent('proxy', { PROXY_MODE: 'userspace', NODE_PORT_ADDRESSES: '127.0.0.0/8' }),
  ];
}
