import type { Cluster, Mode, Step } from '../cluster';
import { pingEngine } from '../engines/engine-client';
import { findEngine } from '../engines/find-engine';
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
const ENGINE_TOOLS = { dockerd: 'docker.io', containerd: 'containerd', runc: 'runc' };

/** Decides where pods run, and installs what that needs. */
export const engineChoice: Step = {
  title: 'Docker engine',
  async run(cluster, say) {
    cluster.mode = await chooseMode(cluster, say);
    if (cluster.mode.kind === 'own-engine') {
      refuseBackend(cluster);
      return `pods run on ${cluster.mode.dockerHost}`;
    }
    if (cluster.settings.backend === 'wireguard') await ensureWireguard(say);
    return `${cluster.settings.minions} minions with an engine each`;
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
  if (process.platform === 'linux' && isRoot() && (findTool('dockerd') !== undefined || hasApt())) {
    const engine = await findEngine();
    if (findTool('dockerd') === undefined && engine !== undefined) return { kind: 'own-engine', dockerHost: engine };
    await ensureTools(NETWORK_TOOLS, 'minions are network namespaces', say);
    await ensureTools(ENGINE_TOOLS, 'each minion has a Docker engine of its own', say);
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
function refuseBackend({ settings }: Cluster): void {
  if (settings.backend === undefined) return;
  throw new LauncherFailure(
    `--backend is ${settings.backend}, and pods of your own engine are on a network of Docker's.`,
    'npm start, without --backend; or as root on Linux, for minions with a network of their own',
  );
}

function howToGetDocker(): string {
  if (process.platform === 'linux')
    return hasApt() ? 'sudo npm start' : 'Install Docker: https://docs.docker.com/engine/install/';
  return 'Install and start Docker Desktop: https://docs.docker.com/desktop/';
}
