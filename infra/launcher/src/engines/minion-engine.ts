import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../cluster';
import type { MinionLayout } from '../layout';
import { RANK } from '../processes/registry';
import { makeOwnFolders, PASSABLE, SYSTEM_RUNTIME } from '../runtime-folder';
import { waitUntil } from '../waiting';
import { pingEngine } from './engine-client';
import { inMinion } from './in-minion';
import { resolverOf } from './resolver';

/** Who connects containers: Shiplog's network agent, or the engine itself as out of the box. */
export type EngineNetwork = 'agent' | 'engine';

const NETWORKS: Readonly<Record<EngineNetwork, object>> = {
  agent: { bridge: 'none', iptables: false, 'ip-forward': false, 'ip-masq': false, 'userland-proxy': false },
  engine: {},
};

/**
 * Starts the engine of a minion inside its network namespace: containerd and dockerd of its own, with containers that
 * outlive both.
 */
export async function startEngine(
  cluster: Cluster,
  minion: MinionLayout,
  network: EngineNetwork = 'agent',
): Promise<void> {
  makeOwnFolders(SYSTEM_RUNTIME, minion.runDir, PASSABLE);
  mkdirSync(minion.home, { recursive: true });
  startContainerd(cluster, minion);
  const managed = startDockerd(cluster, minion, network);
  const socket = `unix://${minion.socket}`;
  const ready = async () => ((await pingEngine(socket)) ? true : undefined);
  await waitUntil(ready, { name: `The Docker engine of ${minion.name}`, within: 60_000, process: managed });
  linkSocket(minion);
}

function startContainerd(cluster: Cluster, minion: MinionLayout): void {
  const config = join(minion.runDir, 'containerd.toml');
  writeFileSync(config, containerdConfig(minion));
  const name = `${minion.name}-containerd`;
  const line = inMinion(minion, ['containerd', '--config', config]);
  cluster.registry.start({ ...line, name, log: cluster.home.log(name), rank: RANK.containerd });
}

function startDockerd(cluster: Cluster, minion: MinionLayout, network: EngineNetwork) {
  const config = join(minion.runDir, 'dockerd.json');
  const pidFile = join(minion.runDir, 'dockerd.pid');
  writeFileSync(config, JSON.stringify({ ...dockerdConfig(minion, pidFile), ...NETWORKS[network] }, null, 2));
  const name = `${minion.name}-dockerd`;
  const line = inMinion(minion, [...resolverOf(minion), 'dockerd', '--config-file', config]);
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
    'data-root': join(minion.home, 'docker'),
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

/** The engine's socket under the state folder too, where people look for it. */
function linkSocket(minion: MinionLayout): void {
  const link = join(minion.home, 'docker.sock');
  rmSync(link, { force: true });
  if (existsSync(minion.socket)) symlinkSync(minion.socket, link);
}
