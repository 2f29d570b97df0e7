import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, ServiceProcess } from '@shiplog/testing';
import { Rig } from '../../../services/api/src/testing/rig';
import { NetworkStandIn } from '../../../services/kubelet/src/testing/network-stand-in';
import { TestEngine } from '../../../services/kubelet/src/testing/test-engine';
import { removeState } from '../../../services/kubelet/src/testing/test-node';

export const NODE = 'node-a';

/** An api with a node: a scheduler, a controller (for what each namespace and account has), a container engine, and a kubelet in a process of its own; only the pod network is a stand-in. */
export class NodeRig {
  #kubelet: ServiceProcess;

  private constructor(
    readonly rig: Rig,
    readonly engine: TestEngine,
    private readonly others: readonly ServiceProcess[],
    /** Of the kubelet. */
    readonly stateDir: string,
  ) {
    this.#kubelet = this.#run();
  }

  /** What does not come up leaves nothing behind. @param controller settings of its own, for example shorter waits */
  static async start(controller: Readonly<Record<string, string>> = {}): Promise<NodeRig> {
    const parts = await Promise.allSettled([Rig.start(), TestEngine.start()]);
    const [rig, engine] = parts;
    if (rig.status === 'fulfilled' && engine.status === 'fulfilled') {
      return NodeRig.#over(rig.value, engine.value, controller);
    }
    for (const part of parts) if (part.status === 'fulfilled') await part.value.stop();
    throw parts.find((part) => part.status === 'rejected')?.reason;
  }

  static async #over(rig: Rig, engine: TestEngine, controller: Readonly<Record<string, string>>): Promise<NodeRig> {
    let node: NodeRig | undefined;
    try {
      const stateDir = await mkdtemp(join(tmpdir(), 'shiplog-kubelet-'));
      await NetworkStandIn.serve(await rig.nats.bus('network', { role: 'network', name: NODE }));
      const env = { NATS_URL: rig.nats.url, CA_FILE: join(rig.directory, 'ca.pem') };
      const others = [
        ServiceProcess.run('scheduler', 'scheduler-1', env),
        ServiceProcess.run('controller', 'controller-1', { ...env, ...controller }),
      ];
      node = new NodeRig(rig, engine, others, stateDir);
      await node.ready();
      return node;
    } catch (error) {
      await (node === undefined ? Promise.all([rig.stop(), engine.stop()]) : node.stop());
      throw error;
    }
  }

  /** Resolves when the node is ready for pods. */
  async ready(): Promise<void> {
    const args = `get node ${NODE} -o jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
    await eventually(async () => (await this.rig.kubectl(args).catch(() => '')) === 'True', { timeoutMs: 30_000 });
  }

  /** The kubelet's process ends so. */
  async stopKubelet(signal: NodeJS.Signals): Promise<void> {
    await this.#kubelet.stop(signal);
  }

  startKubelet(): void {
    this.#kubelet = this.#run();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#kubelet, ...this.others].map((service) => service.stop('SIGTERM')));
    await Promise.all([this.rig.stop(), this.engine.stop()]);
    await removeState(this.stateDir);
  }

  #run(): ServiceProcess {
    return ServiceProcess.run('kubelet', NODE, {
      NATS_URL: this.rig.nats.url,
      NODE_NAME: NODE,
      NODE_IP: '127.0.0.1',
      STATE_DIR: this.stateDir,
      HEARTBEAT_INTERVAL: '500ms',
      DOCKER_HOST: this.engine.host,
      CGROUP_PARENT: this.engine.cgroupParent,
    });
  }
}
