import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Bus, newCommandId } from '@shiplog/bus';
import { type AnyCommand, serviceActor } from '@shiplog/contracts';
import { conditionOf, kubernetesTime, statusPatchOf, transitionTime } from '@shiplog/kube';
import { BUS, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { ClusterCache } from '../../cache/cluster-cache';
import { Clock } from '../../common/clock';
import { API_SERVICES, type Backend, backendOf, type StoredApiService, type Unavailable } from '../../cache/backend';
import { BackendConnections } from './backend-connections';
import { OtherVersions, servedElsewhere } from './other-versions';

/** As often as Kubernetes' aggregator asks again, in milliseconds. */
const EVERY_MS = 30_000;
const ANSWER_MS = 5_000;
const MOST_BYTES = 1024 * 1024;
const BACK_OFF = { firstMs: 1_000, longestMs: 30_000 };
const ACTOR = serviceActor('api');
/** Changes of these may make a server reachable, or not any more. */
const CONCERNED: ReadonlySet<string> = new Set([API_SERVICES, 'services', 'endpointslices.discovery.k8s.io']);

/**
 * Says of each APIService of another server whether that one answers: its condition Available, written only when it changes.
 * Several apis may do so; each says what it sees itself.
 */
@Injectable()
export class Availability implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #loop: SyncLoop;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) logger: Logger,
    private readonly cluster: ClusterCache,
    private readonly connections: BackendConnections,
    private readonly others: OtherVersions,
    private readonly clock: Clock,
  ) {
    this.#loop = new SyncLoop({
      run: () => this.#checkAll(),
      backOff: BACK_OFF,
      onError: (error, waitMs) => logger.warn({ err: error, waitMs }, 'APIServices could not be checked; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    void this.cluster.opened.then(() => {
      this.cluster.projection.onApplied((batch) => {
        if (batch.some(({ event }) => CONCERNED.has(event.resource))) this.#loop.wake();
      });
      this.#loop.wakeEvery(EVERY_MS);
      this.#loop.wake();
    });
  }

  onApplicationShutdown(): Promise<void> {
    return this.#loop.stop();
  }

  async #checkAll(): Promise<void> {
    const services = this.cluster.projection.list(API_SERVICES).filter(({ spec }) => spec?.service !== undefined);
    this.others.keep(new Set(services.map(({ metadata: { name } }) => name)));
    await Promise.all(services.map((service) => this.#check(service)));
  }

  async #check(service: StoredApiService): Promise<void> {
    const backend = backendOf(this.cluster.projection, service);
    const problem = 'reason' in backend ? backend : await this.#problemOf(service, backend);
    if (problem !== undefined) this.others.set(service.metadata.name, undefined);
    const status = problem === undefined ? 'True' : 'False';
    const { reason, message } = problem ?? { reason: 'Passed', message: 'all checks passed' };
    const before = conditionOf(service, 'Available');
    // A message may hold what differs each time: it alone is no news.
    if (before?.status === status && before.reason === reason) return;
    const lastTransitionTime = transitionTime(before, status, kubernetesTime(this.clock.now()));
    const condition = { type: 'Available', status, lastTransitionTime, reason, message };
    const command = statusPatchOf(API_SERVICES, service, { conditions: [condition] }, { patchType: 'merge' });
    await this.bus.command({
      id: newCommandId(),
      actor: ACTOR,
      cause: Number(service.metadata.resourceVersion),
      ...command,
    } as AnyCommand);
  }

  async #problemOf(service: StoredApiService, backend: Backend): Promise<Unavailable | undefined> {
    const { group = '', version = '' } = service.spec ?? {};
    const path = `/apis/${group}/${version}`;
    const failed = (because: string): Unavailable => ({
      reason: 'FailedDiscoveryCheck',
      message: `failing or missing response from https://${backend.serverName}:${backend.port}${path}: ${because}`,
    });
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const answer = await this.connections.to(service, backend).request({
        method: 'GET',
        path,
        signal,
        headers: { 'x-remote-user': 'system:kube-aggregator', 'x-remote-group': 'system:masters' },
      });
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        await answer.body.dump();
        return failed(`bad status from https://${backend.serverName}:${backend.port}${path}: ${answer.statusCode}`);
      }
      const list: unknown = JSON.parse(await textOf(answer.body));
      this.others.set(service.metadata.name, servedElsewhere(group, version, list));
      return undefined;
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }
}

/** A body's text. Throws when it is longer than discovery of one version can be. */
async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if ((bytes += chunk.length) > MOST_BYTES) throw new Error(`the answer has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
