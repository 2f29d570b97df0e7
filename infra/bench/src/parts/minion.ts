import { readFileSync } from 'node:fs';
import type { Cluster } from '../../../launcher/src/cluster';
import { KubeClient } from '../../../launcher/src/kube/kube-client';
import { runPlan } from '../../../launcher/src/progress';
import { planBase, planCluster } from '../../../launcher/src/start-plan';
import { run } from '../../../launcher/src/system/run';
import { waitUntil } from '../../../launcher/src/waiting';
import type { Endpoint } from '../load/https-client';
import { makeCluster, takeDown } from './home';

/** Docker networks for benchmarks have addresses of their own (RFC 2544). */
const SUBNET = '198.18.0.0/24';
const NETWORK = 'bench';
/** Many pods at once have ended and are removed by then, in milliseconds. */
const CLEARED_WITHIN_MS = 60_000;

/** A whole cluster, and its first minion's Docker engine as a user of Docker sees it. */
export class Minion {
  private constructor(
    readonly cluster: Cluster,
    readonly client: KubeClient,
    private readonly dockerHost: string,
  ) {}

  static async start(minions = 1): Promise<Minion> {
    const cluster = await makeCluster(minions);
    try {
      await runPlan(planBase, cluster);
      await runPlan(planCluster(cluster), cluster);
      const { mode, layout } = cluster;
      const socket = mode.kind === 'own-engine' ? mode.dockerHost : `unix://${layout.minions[0]!.socket}`;
      const minion = new Minion(cluster, new KubeClient(cluster.home.kubeconfig), socket);
      await minion.docker('network', 'create', '--subnet', SUBNET, NETWORK);
      return minion;
    } catch (error) {
      await takeDown(cluster);
      throw error;
    }
  }

  get endpoint(): Endpoint {
    const { home, settings } = this.cluster;
    const ca = readFileSync(home.at('pki', 'ca.crt'), 'utf8');
    return { host: '127.0.0.1', port: settings.apiPort, ca, token: this.client.token };
  }

  /** Milliseconds from the command to its return. `networked`: with an address of its own, as a pod and `docker run` anywhere else have. */
  async dockerRun(name: string, image: string, networked: boolean): Promise<number> {
    const network = networked ? ['--network', NETWORK] : ['--network', 'none'];
    const since = performance.now();
    await this.docker('run', '-d', '--name', name, ...network, image, 'sleep', '3600');
    return performance.now() - since;
  }

  async dockerRemove(...names: string[]): Promise<void> {
    await this.docker('rm', '-f', ...names);
  }

  /** Resolves once the engine has no container of a pod any more. */
  async cleared(): Promise<void> {
    const none = async (): Promise<true | undefined> => {
      const ids = await this.docker('ps', '--all', '--quiet', '--filter', 'name=k8s_');
      return ids.trim() === '' ? true : undefined;
    };
    await waitUntil(none, { name: 'The engine', within: CLEARED_WITHIN_MS });
  }

  async stop(): Promise<void> {
    this.client.close();
    if (this.cluster.mode.kind === 'own-engine') await this.docker('network', 'rm', NETWORK);
    await takeDown(this.cluster);
  }

  private docker(...args: string[]): Promise<string> {
    return run('docker', ['-H', this.dockerHost, ...args]);
  }
}
