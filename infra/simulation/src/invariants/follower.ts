import type { AppliedEvent } from '@shiplog/cluster';
import { serviceActor, type Channel, type StoredObject } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import type { Truth } from './truth';
import { Violation } from './violation';

const EACH_ONCE = 'LIST and WATCH: every change once, in order';
const REPLACED = 'an object replaced by one of the same name is gone, then there';
/** Who says that something has changed when a gap was closed by a reload: its changes come as one. */
const MADE_UP = serviceActor('projection');

/** Lists a projection, then follows it, as the API's watches do: its copy is made of what it was told alone. */
export class Follower {
  readonly #copy = new Map<string, StoredObject>();
  readonly #last = new Map<string, number>();
  /** Channels that were loaded anew: what lies between came as one change, or as none. */
  readonly #reloaded = new Set<string>();

  constructor(
    readonly owner: string,
    projection: Projection,
    private readonly channels: readonly Channel[],
    private readonly truth: Truth,
    violated: (violation: Violation) => void,
  ) {
    const from = projection.position;
    for (const { resource } of channels) {
      this.#last.set(resource, from);
      for (const object of projection.list(resource)) this.#put(resource, object);
    }
    // It tells what differs: of what was made and is gone again since, nothing does.
    projection.onReloaded(() => channels.forEach(({ resource }) => this.#reloaded.add(resource)));
    projection.onApplied((batch) => {
      try {
        for (const applied of batch)
          if (applied.event.position > from || applied.event.actor === MADE_UP) this.#take(applied);
      } catch (error) {
        violated(error instanceof Violation ? error : new Violation(EACH_ONCE, String(error)));
      }
    });
  }

  #take({ event, before, after }: AppliedEvent): void {
    const { resource, position } = event;
    const channel = this.channels.find((item) => item.resource === resource);
    if (channel === undefined) return;
    if (before !== undefined && after !== undefined && before.metadata.uid !== after.metadata.uid) {
      throw new Violation(REPLACED, `${this.owner}: ${resource}/${event.name} at ${position}`);
    }
    const last = this.#last.get(resource) ?? 0;
    if (event.actor === MADE_UP) this.#reloaded.add(resource);
    else if (position <= last && !this.#reloaded.has(resource)) {
      throw new Violation(
        EACH_ONCE,
        `${this.owner}: ${resource} was told of ${last}, now of ${position} (${event.fact})`,
      );
    } else if (!this.#reloaded.delete(resource)) this.#mustBeNext(channel, last, position);
    this.#last.set(resource, Math.max(last, position));
    const key = `${resource} ${event.namespace}/${event.name}`;
    if (after === undefined) this.#copy.delete(key);
    else this.#put(resource, after);
  }

  #mustBeNext(channel: Channel, last: number, position: number): void {
    const expected = this.truth.nextOf(channel, last);
    if (expected === position) return;
    throw new Violation(
      EACH_ONCE,
      `${this.owner}: ${channel.resource} was told of ${last}, now of ${position}; ${expected} lies between`,
    );
  }

  /** When all is quiet: the copy is the state. */
  checkAtRest(): void {
    for (const { resource, node } of this.channels) {
      for (const object of this.truth.state.values(resource)) {
        const { namespace = '', name, resourceVersion } = object.metadata;
        const own = this.#copy.get(`${resource} ${namespace}/${name}`);
        if (own?.metadata.resourceVersion === resourceVersion || node !== undefined) continue;
        throw new Violation(
          EACH_ONCE,
          `${this.owner}: ${resource}/${name} is ${own?.metadata.resourceVersion ?? 'not there'}, in the log ${resourceVersion}`,
        );
      }
    }
    for (const [key, { metadata }] of this.#copy) {
      const [resource = ''] = key.split(' ');
      const there = this.truth.objectAt(
        { resource, namespace: metadata.namespace ?? '', name: metadata.name } as Parameters<Truth['objectAt']>[0],
        this.truth.position,
      );
      if (there === undefined)
        throw new Violation(EACH_ONCE, `${this.owner}: ${key} is gone from the log, not from the copy`);
    }
  }

  #put(resource: string, object: StoredObject): void {
    this.#copy.set(`${resource} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
  }
}
