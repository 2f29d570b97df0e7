import { hashObjects, provable } from '@shiplog/cluster';
import { channelName, type Channel } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import type { Truth } from './truth';
import { Violation } from './violation';

const EQUAL = 'a projection equals the fold at its position';

/** A projection, with what it was when it was last looked at. */
export class WatchedProjection {
  #seen = -1;
  #touched = true;

  constructor(
    readonly owner: string,
    readonly projection: Projection,
    private readonly channels: readonly Channel[],
    private readonly truth: Truth,
  ) {
    projection.onApplied(() => (this.#touched = true));
  }

  /** After each step: each channel is complete up to the position, and shows nothing that never was. */
  check(): void {
    const { position, state } = this.projection;
    if (position === this.#seen && !this.#touched) return;
    this.#seen = position;
    this.#touched = false;
    if (position > this.truth.position) {
      throw new Violation(EQUAL, `${this.owner} is at ${position}, the log at ${this.truth.position}`);
    }
    for (const channel of this.channels) {
      const hash = hashObjects(provable(channel, state.values(channel.resource)));
      if (this.truth.hadHashSince(channel, position, hash)) continue;
      throw new Violation(
        EQUAL,
        `${this.owner} at ${position}: ${channelName(channel)} is what the log at no position since folds to; ${this.#difference(channel)}`,
      );
    }
  }

  /** When all is quiet: it is where the log is. */
  checkAtRest(): void {
    const { position } = this.projection;
    for (const channel of this.channels) {
      const hash = hashObjects(provable(channel, this.projection.state.values(channel.resource)));
      if (hash === this.truth.hashAt(channel, this.truth.position)) continue;
      throw new Violation(
        'every projection catches up',
        `${this.owner} at ${position} of ${this.truth.position}: ${this.#difference(channel)}`,
      );
    }
    const last = Math.max(...this.channels.map((channel) => this.truth.lastOf(channel, this.truth.position)));
    if (position >= last) return;
    throw new Violation(
      'every projection catches up',
      `${this.owner} is at ${position}, the log at ${this.truth.position}`,
    );
  }

  #difference({ resource, node }: Channel): string {
    const told: string[] = [];
    const { position } = this.projection;
    for (const { metadata } of this.projection.state.values(resource)) {
      const { namespace = '', name, resourceVersion } = metadata;
      const there = this.truth.objectAt({ resource, namespace, name }, position);
      if (there?.metadata.resourceVersion !== resourceVersion) {
        told.push(`${name} is ${resourceVersion}, in the log ${there?.metadata.resourceVersion ?? 'not there'}`);
      }
    }
    for (const { metadata } of this.truth.state.values(resource)) {
      const { namespace = '', name, resourceVersion } = metadata;
      if (node !== undefined || Number(resourceVersion) > position) continue;
      if (this.projection.state.get(resource, namespace, name) === undefined)
        told.push(`${name} (${resourceVersion}) is missing`);
    }
    return told.slice(0, 4).join('; ');
  }
}
