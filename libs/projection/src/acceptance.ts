import type { AppliedEvent } from '@shiplog/cluster';
import type { ResourceId, StoredObject } from '@shiplog/contracts';
import type { Logger } from 'pino';

/** Says what is wrong with an object, in one line; undefined when a service may act on it. */
export type Accept = (resource: ResourceId, object: StoredObject) => string | undefined;

/**
 * Which of the folded objects a service gets to see. The fold keeps the others too: positions, hashes and the events that
 * follow depend on them. For the service an object that turns unacceptable is gone, and one that turns acceptable is new.
 */
export class Acceptance {
  /** Objects are immutable: each version is looked at once. */
  readonly #verdicts = new WeakMap<StoredObject, { readonly wrong: string | undefined }>();
  /** Versions that were spoken of, by the object's name: a reload brings the same version as another object. */
  readonly #said = new Map<string, string>();

  constructor(
    private readonly accept: Accept,
    private readonly logger: Logger,
  ) {}

  /** The object, if the service may act on it. */
  of<T extends StoredObject>(resource: ResourceId, object: T | undefined): T | undefined {
    if (object === undefined) return undefined;
    const wrong = this.#judge(resource, object);
    this.#say(resource, object, wrong);
    return wrong === undefined ? object : undefined;
  }

  /** What an event did as the service sees it; undefined when it sees nothing of it. */
  view(applied: AppliedEvent): AppliedEvent | undefined {
    const { event } = applied;
    const past = applied.before;
    const before = past === undefined || this.#judge(event.resource, past) !== undefined ? undefined : past;
    const after = this.of(event.resource, applied.after);
    if (applied.after === undefined) this.#said.delete(keyOf(event.resource, event.namespace, event.name));
    return before === undefined && after === undefined ? undefined : { event, before, after };
  }

  #judge(resource: ResourceId, object: StoredObject): string | undefined {
    const known = this.#verdicts.get(object);
    if (known !== undefined) return known.wrong;
    const verdict = { wrong: this.#ask(resource, object) };
    this.#verdicts.set(object, verdict);
    return verdict.wrong;
  }

  /** Nothing may throw out of the callback of a message. */
  #ask(resource: ResourceId, object: StoredObject): string | undefined {
    try {
      return this.accept(resource, object);
    } catch (error) {
      return `it can not be judged: ${String(error)}`;
    }
  }

  /** Once for each version. */
  #say(resource: ResourceId, object: StoredObject, wrong: string | undefined): void {
    if (wrong === undefined && this.#said.size === 0) return;
    const { namespace = '', name, uid, resourceVersion } = (object.metadata ?? {}) as Partial<StoredObject['metadata']>;
    const key = keyOf(resource, namespace, String(name));
    const version = `${uid} ${resourceVersion}`;
    if (wrong === undefined) {
      this.#said.delete(key);
    } else if (this.#said.get(key) !== version) {
      this.#said.set(key, version);
      this.logger.warn({ resource, namespace, name, uid, resourceVersion, wrong }, 'an object is not acted upon');
    }
  }
}

function keyOf(resource: ResourceId, namespace: string, name: string): string {
  return `${resource} ${namespace}/${name}`;
}
