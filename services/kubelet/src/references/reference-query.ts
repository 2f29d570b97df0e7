import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { StatusError, ObjectQuery, type StoredObject } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { BUS, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { Pod } from '../domain/pod';

/** What pods are made with, and how a person calls one of them. */
export const REFERENCED = {
  configmaps: 'configmap',
  secrets: 'secret',
  persistentvolumeclaims: 'persistentvolumeclaim',
  persistentvolumes: 'persistentvolume',
} as const;

/** What names such an object. */
export interface ReferenceKey {
  readonly resource: keyof typeof REFERENCED;
  /** '' for a volume of the cluster. */
  readonly namespace: string;
  readonly name: string;
}

/** How long the journal may leave one question unanswered, in milliseconds; then it is asked again, ever less often. */
const ASK_TIMEOUT_MS = 5_000;

/** Asks the journal for what pods are made with, each on behalf of a pod that names it. */
@Injectable()
export class ReferenceQuery {
  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'ask'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The object; null when there is none, and, with a warning, when the journal gives it to none of the pods (they have
   * left the log, for example) or when it can't be acted upon. Throws when the journal is away or fails.
   */
  async ask(key: ReferenceKey, pods: readonly Pod[]): Promise<StoredObject | null> {
    let refusal: string | undefined;
    for (const pod of pods) {
      try {
        return this.#sound(key, await this.#askFor(key, pod));
      } catch (error) {
        if (!(error instanceof StatusError && error.status.code === 403)) throw error;
        refusal = error.message;
      }
    }
    if (refusal !== undefined)
      this.logger.warn({ ...key, reason: refusal }, 'the journal refuses an object; it counts as absent');
    return null;
  }

  async #askFor(key: ReferenceKey, { metadata }: Pod): Promise<StoredObject | null> {
    const { namespace = '', name, uid } = metadata;
    const question = { key, for: { namespace, name, uid } };
    return (await this.bus.ask(ObjectQuery, question, {}, { timeoutMs: ASK_TIMEOUT_MS })).object;
  }

  #sound(key: ReferenceKey, object: StoredObject | null): StoredObject | null {
    const wrong = object === null ? undefined : soundObject(key.resource, object);
    if (wrong === undefined) return object;
    this.logger.warn({ ...key, wrong }, 'an object is not acted upon; it counts as absent');
    return null;
  }
}
