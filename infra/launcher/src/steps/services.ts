import type { Cluster, Step } from '../cluster';
import type { ServiceSpec } from '../services/service-process';
import { processName, serviceReady, startService } from '../services/service-process';

/** Starts a service and waits until it is ready. */
export function serviceStep(title: string, spec: (cluster: Cluster) => ServiceSpec): Step {
  return {
    title,
    async run(cluster, say) {
      const own = spec(cluster);
      say('starting');
      return serviceReady(cluster, own, await startService(cluster, own));
    },
  };
}

/** Starts several services as one step, for what is many but looks the same. */
export function servicesStep(title: string, specs: (cluster: Cluster) => readonly ServiceSpec[]): Step {
  return {
    title,
    async run(cluster, say) {
      const waiting = new Set<string>();
      const start = async (spec: ServiceSpec) => {
        const name = processName(spec);
        waiting.add(name);
        await serviceReady(cluster, spec, await startService(cluster, spec));
        waiting.delete(name);
        say(`waiting for ${[...waiting].join(', ')}`);
      };
      const all = specs(cluster);
      await Promise.all(all.map(start));
      return [...new Set(all.map((spec) => spec.service))].join(', ');
    },
  };
}
