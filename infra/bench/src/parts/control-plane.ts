import { readFileSync } from 'node:fs';
import type { ConnectOptions } from '@shiplog/bus';
import { ADMIN } from '../../../launcher/src/nats/identities';
import type { Cluster } from '../../../launcher/src/cluster';
import { controlPlaneSpecs } from '../../../launcher/src/services/service-specs';
import { certificates } from '../../../launcher/src/steps/certificates';
import { hollow } from '../../../launcher/src/steps/hollow';
import { nats } from '../../../launcher/src/nats/nats';
import { postgres } from '../../../launcher/src/steps/postgres';
import { serviceReady, startService } from '../../../launcher/src/services/service-process';
import { memoryOf } from '../../../launcher/src/system/memory';
import type { Endpoint } from '../load/https-client';
import { Loader } from '../load/loader';
import { cpuOf } from './cpu';
import { makeCluster, takeDown } from './home';
import { metered } from './metered';

/** The processes that a control plane consists of, by their names in the launcher. */
const PARTS = ['journal', 'api', 'scheduler', 'controller', 'postgres', 'nats', 'hollow'] as const;
export type PerPart = Record<(typeof PARTS)[number], number>;

/** Nodes without engines, all in one process. */
export interface HollowSize {
  readonly nodes: number;
  readonly zones: number;
}

/** The whole control plane and no minion: journal, api, scheduler, controller, with a NATS and a Postgres of their own. */
export class ControlPlane {
  private constructor(
    readonly cluster: Cluster,
    /** Sends load, in a process of its own. */
    readonly loader: Loader,
    /** Watches, in another. */
    readonly watcher: Loader,
  ) {}

  static async start(hollowNodes: HollowSize = { nodes: 0, zones: 0 }): Promise<ControlPlane> {
    const { nodes, zones } = hollowNodes;
    const cluster = await makeCluster(nodes === 0 ? 1 : 0, { hollow: nodes, hollowZones: zones });
    // Nothing runs pods here: the services only need an address of this machine.
    cluster.mode = { kind: 'own-engine', dockerHost: 'unix:///nowhere' };
    try {
      await certificates.run(cluster, () => undefined);
      await Promise.all([nats, postgres].map((step) => step.run(cluster, () => undefined)));
      const specs = Object.values(controlPlaneSpecs(cluster));
      const started = await Promise.all(
        specs.map(async (spec) => ({ spec, managed: await startService(cluster, spec) })),
      );
      await Promise.all(started.map(({ spec, managed }) => serviceReady(cluster, spec, managed)));
      if (nodes > 0) await hollow.run(cluster, () => undefined);
    } catch (error) {
      await takeDown(cluster);
      throw error;
    }
    return new ControlPlane(cluster, new Loader(), new Loader());
  }

  /** How a person with all rights connects to its NATS. */
  get nats(): ConnectOptions {
    const { natsUrl, natsAccess } = this.cluster;
    return { url: natsUrl, name: 'bench', identity: ADMIN, credentials: natsAccess.files(ADMIN) };
  }

  get endpoint(): Endpoint {
    const { home, settings } = this.cluster;
    const token = readFileSync(home.tokens, 'utf8').split(',', 1)[0] as string;
    return { host: '127.0.0.1', port: settings.apiPort, ca: readFileSync(home.at('pki', 'ca.crt'), 'utf8'), token };
  }

  /** Bytes of memory of each part with its children: their share of what they have in common (PSS). */
  memory(): PerPart {
    return this.#perPart(memoryOf);
  }

  /** Does something often, and says what processor time each part took for one of it, in microseconds. */
  async metered<T>(work: () => Promise<T>, timesOf: (outcome: T) => number): Promise<{ outcome: T; cpu: PerPart }> {
    return metered(() => this.#perPart(cpuOf), work, timesOf) as Promise<{ outcome: T; cpu: PerPart }>;
  }

  #perPart(measure: (pid: number) => number): PerPart {
    const sizes = PARTS.map((part) => {
      const state = this.cluster.registry.get(part)?.state;
      return [part, state?.kind === 'running' ? measure(state.identity.pid) : 0] as const;
    });
    return Object.fromEntries(sizes) as PerPart;
  }

  /** How often one of its processes ended unasked. */
  get restarts(): number {
    return this.cluster.registry.all().reduce((sum, managed) => sum + managed.restarts, 0);
  }

  async stop(): Promise<void> {
    await Promise.all([this.loader.close(), this.watcher.close()]);
    await takeDown(this.cluster);
  }
}
