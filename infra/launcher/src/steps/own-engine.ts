import type { Step } from '../cluster';
import { engineAt } from '../engines/engine-client';
import { claimServiceRange, releaseServiceRange } from '../engines/service-range';
import { stopContainers } from '../engines/stop-containers';
import { sentenceOf } from '../failure';
import { RANK } from '../processes/registry';
import { unmountBelow } from '../slot/clear-slot';
import { isRoot } from '../system/tools';

/** Readies the user's own engine for pods: what they leave there is stopped at the end, and they can reach Services. */
export function ownEngine(dockerHost: string): Step {
  return {
    title: 'Your Docker engine',
    async run(cluster) {
      const stop = async (): Promise<void> => {
        await stopContainers(dockerHost, { label: ['io.shiplog.node=minion-1'] });
        // What the kubelet has mounted for pods outlives it; without root it can't.
        if (process.platform === 'linux' && isRoot())
          await unmountBelow(cluster.home.at('minions', 'minion-1', 'kubelet'));
      };
      cluster.registry.atEnd({ title: 'containers of minion-1', rank: RANK.containers, run: stop });
      // Root's proxy writes rules into the kernel, and elsewhere the engine's network is not this machine's.
      if (isRoot() || process.platform !== 'linux') return 'ready';
      const engine = engineAt(dockerHost);
      const { serviceCidr } = cluster.layout;
      try {
        await claimServiceRange(engine, serviceCidr);
      } catch (error) {
        return `pods cannot reach Services by ClusterIP: ${sentenceOf(error)}`;
      }
      const release = () => releaseServiceRange(engine, serviceCidr);
      cluster.registry.atEnd({ title: `route of ${serviceCidr}`, rank: RANK.underlay, run: release });
      return `${serviceCidr} leads to this machine`;
    },
  };
}
