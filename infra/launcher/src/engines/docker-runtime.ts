import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../cluster';
import { dockerImages } from '../images/image-store';
import type { MinionLayout } from '../layout';
import type { ManagedProcess } from '../processes/managed-process';
import { RANK } from '../processes/registry';
import { engineAt, pingEngine } from './engine-client';
import { inMinion } from './in-minion';
import type { MinionRuntime } from './minion-runtime';
import { resolverOf } from './resolver';
import { stopContainers } from './stop-containers';

/** Docker: a dockerd and a containerd of the minion's own, with containers that outlive both. */
export const dockerRuntime: MinionRuntime = {
  title: 'Docker engine',
  tools: { dockerd: 'docker.io', containerd: 'containerd', runc: 'runc' },
  processes: ['containerd', 'dockerd'],
  start: (cluster, minion) => startDocker(cluster, minion, 'agent'),
  answers: (minion, withinMs) => pingEngine(hostOf(minion), withinMs),
  stopContainers: (minion) => stopContainers(hostOf(minion)),
  images: (minion) => dockerImages(engineAt(hostOf(minion))),
  kubeletEnv: (minion) => ({ DOCKER_HOST: hostOf(minion) }),
};

/** Who connects containers: Shiplog's network agent, or the engine itself as out of the box. */
type EngineNetwork = 'agent' | 'engine';

const NETWORKS: Readonly<Record<EngineNetwork, object>> = {
  agent: { bridge: 'none', iptables: false, 'ip-forward': false, 'ip-masq': false, 'userland-proxy': false },
  engine: {},
};

/** Starts both; answers dockerd. */
export function startDocker(cluster: Cluster, minion: MinionLayout, network: EngineNetwork): Promise<ManagedProcess> {
  startContainerd(cluster, minion);
  return startDockerd(cluster, minion, network);
}

function dataOf({ home }: MinionLayout): string {
  return join(home, 'docker');
}

function hostOf({ socket }: MinionLayout): string {
  return `unix://${socket}`;
}

function startContainerd(cluster: Cluster, minion: MinionLayout): void {
  const config = join(minion.runDir, 'containerd.toml');
  writeFileSync(config, containerdConfig(minion));
  const name = `${minion.name}-containerd`;
  const line = inMinion(minion, ['containerd', '--config', config]);
  cluster.registry.start({ ...line, name, log: cluster.home.log(name), rank: RANK.containerd });
}

async function startDockerd(cluster: Cluster, minion: MinionLayout, network: EngineNetwork): Promise<ManagedProcess> {
  const config = join(minion.runDir, 'dockerd.json');
  const pidFile = join(minion.runDir, 'dockerd.pid');
  writeFileSync(config, JSON.stringify({ ...dockerdConfig(minion, pidFile), ...NETWORKS[network] }, null, 2));
  const name = `${minion.name}-dockerd`;
  // It mounts containers' file systems there, which containerd starts them in.
  const resolver = await resolverOf(minion, dataOf(minion));
  const line = inMinion(minion, [...resolver, 'dockerd', '--config-file', config]);
  return cluster.registry.start({
    ...line,
    name,
    log: cluster.home.log(name),
    rank: RANK.engine,
    pidFile,
    patience: 10_000,
  });
}

function dockerdConfig(minion: MinionLayout, pidFile: string): object {
  return {
    'data-root': dataOf(minion),
    'exec-root': join(minion.runDir, 'exec'),
    pidfile: pidFile,
    hosts: [`unix://${minion.socket}`],
    // Without a group it would be `docker`, whose members are root wherever they reach an engine.
    group: 'root',
    containerd: containerdSocket(minion),
    'cgroup-parent': minion.cgroup,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'live-restore': true,
    'log-level': 'warn',
    'log-opts': { 'max-size': '10m', 'max-file': '2' },
  };
}

/** Only what dockerd uses: the CRI plugin alone costs 10 MB and half the start. */
function containerdConfig(minion: MinionLayout): string {
  const plugins = [
    'grpc.v1.cri',
    'snapshotter.v1.aufs',
    'snapshotter.v1.btrfs',
    'snapshotter.v1.devmapper',
    'snapshotter.v1.zfs',
  ];
  return `version = 2
root = "${join(minion.home, 'containerd')}"
state = "${join(minion.runDir, 'containerd')}"
oom_score = 0
disabled_plugins = [${plugins.map((plugin) => `"io.containerd.${plugin}"`).join(', ')}]
[grpc]
  address = "${containerdSocket(minion)}"
[debug]
  level = "warn"
`;
}

/** Where the containerd of a minion listens. */
export function containerdSocket(minion: MinionLayout): string {
  return join(minion.runDir, 'containerd.sock');
}
