import { join } from 'node:path';
import type { SERVICE_ROLES } from '@shiplog/contracts';
import type { Cluster } from '../cluster';
import { natsSettings } from '../nats/nats';
import type { ManagedProcess } from '../processes/managed-process';
import { REPOSITORY } from '../settings';
import { waitUntil } from '../waiting';
import { nodeFlags } from './node-flags';

/** How to run one instance of a service. */
export interface ServiceSpec {
  readonly service: (typeof SERVICE_ROLES)[number];
  /** Unique among those of the service: a node's name, or `main`. */
  readonly instance: string;
  readonly rank: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Put before the command: how to enter a minion's network. */
  readonly within?: (command: readonly string[]) => { command: string; args: string[] };
}

/** The name of a service's process and log file. */
export function processName(spec: Pick<ServiceSpec, 'service' | 'instance'>): string {
  return spec.instance === 'main' ? spec.service : `${spec.instance}-${spec.service}`;
}

/** Starts a service, and starts it again whenever it ends. */
export function startService(cluster: Cluster, spec: ServiceSpec): ManagedProcess {
  const main = join(REPOSITORY, 'dist', 'services', spec.service, 'src', 'main.js');
  const words = [process.execPath, ...nodeFlags(spec.service), main];
  const line = spec.within?.(words) ?? { command: words[0]!, args: words.slice(1) };
  const name = processName(spec);
  return cluster.registry.start({
    ...line,
    name,
    cwd: REPOSITORY,
    log: cluster.home.log(name),
    rank: spec.rank,
    patience: 6_000,
    env: {
      ...natsSettings(cluster, { role: spec.service, name: spec.instance }),
      LOG_LEVEL: cluster.settings.logLevel,
      INSTANCE: spec.instance,
      ...spec.env,
    },
  });
}

/** Waits until a service says, on the bus, that it does its work; answers how it put that. */
export async function serviceReady(cluster: Cluster, spec: ServiceSpec, managed: ManagedProcess): Promise<string> {
  const view = await cluster.health();
  const ask = async () => {
    const report = await view.of(spec.service, spec.instance);
    if (report !== undefined && !report.ready) throw new Error(report.detail);
    return report?.detail;
  };
  return waitUntil(ask, { what: processName(spec), within: 60_000, process: managed });
}
