import type { Cluster } from '../cluster';
import { LauncherFailure } from '../failure';
import { minionLayout } from '../layout';
import type { ServiceSpec } from '../services/service-process';
import type { RuntimeName } from '../settings';
import { ensureTools } from '../system/tools';
import { containerdRuntime, startContainerd } from './containerd-runtime';
import { findEngine } from './find-engine';
import { startEngine } from './minion-engine';

/** What runs the containers of a machine that joins. */
export interface MachineEngine {
  /** Sees to it that it runs; answers how the node's kubelet finds it. */
  start(node: string): Promise<ServiceSpec['env']>;
}

/**
 * The machine's own Docker, or a containerd that is Shiplog's: to that nothing else of the machine is known.
 * @throws LauncherFailure when there is none, before anything is done
 */
export async function machineEngine(
  cluster: Cluster,
  runtime: RuntimeName,
  say: (text: string) => void,
): Promise<MachineEngine> {
  if (runtime === 'containerd') {
    await ensureTools(containerdRuntime.tools, 'pods run on containerd', say);
    return { start: (node) => ownContainerd(cluster, node) };
  }
  const dockerHost = cluster.settings.dockerHost ?? (await findEngine());
  if (dockerHost === undefined)
    throw new LauncherFailure(
      'No Docker engine answers on this machine.',
      'apt-get install docker.io; or npm run join -- TOKEN --runtime containerd',
    );
  return { start: () => Promise.resolve({ DOCKER_HOST: dockerHost }) };
}

/** Of the names that minions have, none has this number: so a reset removes what belongs to it. */
const NUMBER = 0;

/** In the machine's own network. */
async function ownContainerd(cluster: Cluster, node: string): Promise<ServiceSpec['env']> {
  const place = { ...minionLayout({ ...cluster.settings, runtimes: ['containerd'] }, NUMBER), name: node };
  const inPlace = ([command = '', ...args]: readonly string[]) => ({ command, args });
  await startEngine(cluster, place, () => Promise.resolve(startContainerd(cluster, place, inPlace)));
  return { ...containerdRuntime.kubeletEnv(place), CGROUP_PARENT: place.cgroup };
}
