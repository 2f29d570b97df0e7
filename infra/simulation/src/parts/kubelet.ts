import { readConfig } from '@shiplog/service';
import { KubeletModule } from '../../../../services/kubelet/src/kubelet.module';
import type { PodNetwork } from '../../../../services/kubelet/src/networking/pod-network';
import type { MachineFacts } from '../../../../services/kubelet/src/node/render/node-status';
import { kubeletSettings } from '../../../../services/kubelet/src/settings';
import { MACHINE, POD_NETWORK, POD_RUNTIME } from '../../../../services/kubelet/src/tokens';
import type { SimProcess } from '../world/process';
import type { Cluster } from './cluster';
import type { Engine } from './engine';
import { startService } from './service';

function machineOf(node: string): MachineFacts {
  return {
    hostname: node,
    ips: ['192.0.2.1'],
    cpus: 4,
    memoryBytes: 8 * 2 ** 30,
    storageBytes: 2 ** 36,
    pids: 32_768,
    kernel: 'simulated',
    osImage: 'simulated',
    architecture: 'amd64',
    machineID: node,
    bootID: node,
    systemUUID: node,
    appArmor: false,
  };
}

/** Gives every pod an address at once. */
const network: PodNetwork = {
  sandboxNetwork: () => ({ kind: 'detached' }),
  attach: () => Promise.resolve(['10.244.0.2']),
  detach: () => Promise.resolve(),
};

/** A kubelet: the whole service, with an engine in memory, and a network that is always there. */
export async function startKubelet(cluster: Cluster, process: SimProcess, node: string, engine: Engine): Promise<void> {
  await startService(cluster, process, {
    identity: { role: 'kubelet', name: node },
    module: KubeletModule,
    config: readConfig(kubeletSettings, { NODE_NAME: node, NODE_IP: '192.0.2.1', STATE_DIR: `/simulated/${node}` }),
    instead: [
      { provide: POD_RUNTIME, value: engine.seenBy(process) },
      { provide: POD_NETWORK, value: network },
      { provide: MACHINE, value: machineOf(node) },
    ],
  });
}
