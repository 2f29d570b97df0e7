import type { Step } from '../cluster';
import { startService } from '../services/service-process';
import { hollowSpec } from '../services/service-specs';
import { waitUntil } from '../waiting';

/** Besides what any service may take, in milliseconds. */
const FIRST_MS = 60_000;
const EACH_NODE_MS = 100;

/** The nodes without engines. */
export const hollow: Step = {
  title: 'Hollow nodes',
  async run(cluster, say) {
    const spec = hollowSpec(cluster);
    say('starting');
    const managed = await startService(cluster, spec);
    const view = await cluster.health();
    const ask = async (): Promise<string | undefined> => {
      const report = await view.of(spec.service, spec.instance);
      if (report === undefined) return undefined;
      if (report.ready) return report.detail;
      say(report.detail);
      throw new Error(report.detail);
    };
    const within = FIRST_MS + EACH_NODE_MS * cluster.settings.hollow;
    return waitUntil(ask, { name: spec.instance, within, process: managed });
  },
};
