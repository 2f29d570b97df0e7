import { newCommandId, type Bus } from '@shiplog/bus';
import { serviceActor, type AnyCommand, type ObjectOf } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { SERVICE_NAME_LABEL } from '@shiplog/kube';
import { NAMESPACE, placeOf, SERVICE, type Place } from './objects';
import type { Peers } from './peers';
import { planAnnouncement } from './plan';

const ACTOR = serviceActor('dns');
const BACK_OFF = { firstMs: 500, longestMs: 10_000 };
const LOOK_MS = 1_000;
/** Another instance that can't reach this one may be right: how long its word stands, in milliseconds. */
const DISPUTE_MS = 30_000;
const SLICES = 'endpointslices.discovery.k8s.io';

export interface AnnouncerParts {
  readonly bus: Pick<Bus, 'command'>;
  readonly projection: Pick<Projection, 'get' | 'list'>;
  readonly peers: Peers;
  readonly own: Place;
  readonly clusterIP: string;
  readonly now: () => number;
  readonly logger: Logger;
  /** What keeps pods from reaching it, or undefined again. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** Keeps what the cluster is told of the instances of this service: this one's own word, and that others don't answer. */
export class Announcer {
  readonly #loop: SyncLoop;
  #isReady = true;
  #announcedAt = -Infinity;

  constructor(private readonly parts: AnnouncerParts) {
    this.#loop = new SyncLoop({
      run: () => this.#sync(),
      backOff: BACK_OFF,
      onError: (error) =>
        parts.logger.warn({ err: error }, 'what is known of this DNS could not be written; trying again'),
    });
  }

  start(): void {
    this.#loop.wake();
    this.#loop.wakeEvery(LOOK_MS);
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Takes the instance out, so that nobody is sent to it any more. Gives up when the journal is gone already. */
  async leave(withinMs: number): Promise<void> {
    await this.#loop.stop();
    this.#isReady = false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([this.#write().catch(() => undefined), late]).finally(() => clearTimeout(timer));
  }

  async #sync(): Promise<void> {
    const others = this.#slices().flatMap((slice) => placeOf(slice) ?? []);
    await this.parts.peers.look(others.filter(({ slice }) => slice !== this.parts.own.slice));
    await this.#write();
  }

  async #write(): Promise<void> {
    const { bus, projection, peers, own, clusterIP, now, logger, onProblem } = this.parts;
    const slices = new Map(this.#slices().map((slice) => [slice.metadata.name, slice]));
    const service = projection.get('services', NAMESPACE, SERVICE);
    const wanted = { clusterIP, own, isReady: this.#isReady, silent: peers.silent };
    const planned = planAnnouncement({ service, slices }, wanted);
    const isDisputed = now() - this.#announcedAt < DISPUTE_MS;
    let problem = addressProblem(service, clusterIP);
    for (const { write, cause, slice } of planned) {
      if (slice === own.slice && this.#isReady) {
        if (isDisputed) continue;
        this.#announcedAt = now();
      }
      const command = { id: newCommandId(), actor: ACTOR, ...(cause === undefined ? {} : { cause }), ...write };
      const reply = await bus.command(command as AnyCommand);
      if (reply.ok) logger.info({ slice, type: write.type, resource: write.data.resource }, 'announced');
      // Another instance was faster: what it wrote comes, and is looked at.
      else if (reply.status.reason !== 'AlreadyExists' && reply.status.reason !== 'Conflict')
        problem ??= reply.status.message;
      if (reply.ok && slice !== undefined && slice !== own.slice) peers.forget(slice);
    }
    onProblem(problem);
  }

  #slices(): readonly ObjectOf<typeof SLICES>[] {
    return this.parts.projection
      .list(SLICES, NAMESPACE)
      .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === SERVICE);
  }
}

/** Pods ask at the address that their kubelets were told of. */
function addressProblem(service: ObjectOf<'services'> | undefined, clusterIP: string): string | undefined {
  const there = service?.spec?.clusterIP;
  if (there === undefined || there === clusterIP) return undefined;
  return `Service ${NAMESPACE}/${SERVICE} has the address ${there}, and pods ask at ${clusterIP}`;
}
