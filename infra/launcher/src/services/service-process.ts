import { dirname, join } from 'node:path';
import type { SERVICE_ROLES } from '@shiplog/contracts';
import { runAs } from '@shiplog/postgres';
import type { Cluster } from '../cluster';
import { natsSettings } from '../nats/nats';
import type { ManagedProcess } from '../processes/managed-process';
import { REPOSITORY } from '../settings';
import { waitUntil } from '../waiting';
import { nodeFlags, type HeapSizes } from './node-flags';
import { serviceUser } from './service-user';

/** How to run one instance of a service. */
export interface ServiceSpec {
  readonly service: (typeof SERVICE_ROLES)[number];
  /** Unique among those of the service: a node's name, or `main`. */
  readonly instance: string;
  readonly rank: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where its program is, below dist/; absent: the service's own. */
  readonly program?: string;
  /** Of a process that is not as others of its service. */
  readonly heap?: HeapSizes;
  /** Whose user it runs as, where root starts it; absent: that of its service. */
  readonly as?: 'hollow';
  /** Put before the command: how to enter a minion's network. */
  readonly within?: (command: readonly string[]) => { command: string; args: string[] };
}

/** The name of a service's process and log file. */
export function processName(spec: Pick<ServiceSpec, 'service' | 'instance'>): string {
  if (spec.instance === 'main') return spec.service;
  // Several on one machine are named after what they are.
  return spec.instance.startsWith(`${spec.service}-`) ? spec.instance : `${spec.instance}-${spec.service}`;
}

/** Starts a service, and starts it again whenever it ends. Those of the master get a user of their own from root. */
export async function startService(cluster: Cluster, spec: ServiceSpec): Promise<ManagedProcess> {
  const main = join(REPOSITORY, 'dist', spec.program ?? join('services', spec.service, 'src', 'main.js'));
  const words = [process.execPath, ...nodeFlags(spec.service, spec.heap), main];
  const line = await lineOf(cluster, spec, words);
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

async function lineOf(
  cluster: Cluster,
  { service, within, as }: ServiceSpec,
  words: readonly string[],
): Promise<{ command: string; args: readonly string[] }> {
  const [command = '', ...args] = words;
  const user = serviceUser(as ?? service, cluster.layout.slot);
  if (user === undefined) return within?.(words) ?? { command, args };
  const main = args.at(-1) ?? '';
  return runAs(user, command, args, dirname(main), main);
}

/** Waits until a service says, on the bus, that it does its work; answers how it put that. */
export async function serviceReady(cluster: Cluster, spec: ServiceSpec, managed: ManagedProcess): Promise<string> {
  const view = await cluster.health();
  const ask = async () => {
    const report = await view.of(spec.service, spec.instance);
    if (report !== undefined && !report.ready) throw new Error(report.detail);
    return report?.detail;
  };
  return waitUntil(ask, { name: processName(spec), within: 60_000, process: managed });
}
