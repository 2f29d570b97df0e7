import { existsSync } from 'node:fs';
import type { Cluster, Mode, Step } from '../cluster';
import { pingEngine } from '../engines/engine-client';
import { findEngine } from '../engines/find-engine';
import { runtimeOf } from '../engines/runtimes';
import { LauncherFailure } from '../failure';
import { ensureTools, findTool, hasApt, isRoot } from '../system/tools';
import { ensureWireguard } from '../underlay/wireguard';

const NETWORK_TOOLS = {
  ip: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  arping: 'iputils-arping',
};

/** Decides where pods run, and installs what that needs. */
export const engineChoice: Step = {
  title: 'Container engine',
  async run(cluster, say) {
    if (cluster.settings.minions === 0) {
      cluster.mode = { kind: 'hollow' };
      refuseChoices(cluster, 'hollow nodes have no network of their own');
      return 'none: all nodes are hollow';
    }
    cluster.mode = await chooseMode(cluster, say);
    if (cluster.mode.kind === 'own-engine') {
      refuseChoices(cluster, "pods of your own engine are on a network of Docker's");
      return `pods run on ${cluster.mode.dockerHost}`;
    }
    refuseWithoutIpv6(cluster);
    if (cluster.settings.backend === 'wireguard') await ensureWireguard(say);
    return cluster.layout.minions.map(({ name, runtime }) => `${name} has ${runtime}`).join(', ');
  },
};

async function chooseMode(cluster: Cluster, say: (text: string) => void): Promise<Mode> {
  const { dockerHost } = cluster.settings;
  if (dockerHost !== undefined) {
    if (await pingEngine(dockerHost)) return { kind: 'own-engine', dockerHost };
    throw new LauncherFailure(
      `DOCKER_HOST is ${dockerHost}, and no Docker engine answers there.`,
      'unset DOCKER_HOST, or start that engine',
    );
  }
  const runtimes = cluster.layout.minions.map(runtimeOf);
  const areThere = runtimes.every(({ processes }) => findTool(processes.at(-1) ?? '') !== undefined);
  if (process.platform === 'linux' && isRoot() && (areThere || hasApt())) {
    const engine = areThere || !areDocker(cluster) ? undefined : await findEngine();
    if (engine !== undefined) return { kind: 'own-engine', dockerHost: engine };
    await ensureTools(NETWORK_TOOLS, 'minions are network namespaces', say);
    for (const { tools } of runtimes) await ensureTools(tools, 'each minion has an engine of its own', say);
    return { kind: 'minions' };
  }
  const engine = await findEngine();
  if (engine !== undefined) return { kind: 'own-engine', dockerHost: engine };
  throw new LauncherFailure(
    'No Docker engine answers on this machine, and only root could install one.',
    howToGetDocker(),
  );
}

/** What was asked for, for pods' packets to be encrypted say, and can't be had is not left out in silence. */
function refuseChoices(cluster: Cluster, reason: string): void {
  const { backend, dualStack, runtimes } = cluster.settings;
  const asked = [
    { flag: '--backend', is: backend !== undefined, problem: `--backend is ${backend}, and ${reason}` },
    { flag: '--dual-stack', is: dualStack, problem: `--dual-stack is given, and ${reason}` },
    {
      flag: '--runtime',
      is: !areDocker(cluster),
      problem: `--runtime is ${runtimes?.join()}, and your own engine is Docker's`,
    },
  ].find(({ is }) => is);
  if (asked === undefined) return;
  throw new LauncherFailure(
    `${asked.problem}.`,
    `npm start, without ${asked.flag}; or as root on Linux, for minions with engines of their own`,
  );
}

function areDocker({ layout }: Cluster): boolean {
  return layout.minions.every(({ runtime }) => runtime === 'docker');
}

/** A kernel without IPv6, or one that was told to have none. */
function refuseWithoutIpv6({ settings }: Cluster): void {
  if (!settings.dualStack || existsSync('/proc/net/if_inet6')) return;
  throw new LauncherFailure('--dual-stack is given, and this machine has no IPv6.', 'npm start, without --dual-stack');
}

function howToGetDocker(): string {
  if (process.platform === 'linux')
    return hasApt() ? 'sudo npm start' : 'Install Docker: https://docs.docker.com/engine/install/';
  return 'Install and start Docker Desktop: https://docs.docker.com/desktop/';
}
