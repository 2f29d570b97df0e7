import { isDeletion } from '@shiplog/cluster';
import type { Channel, ObjectKey, StateChunk, StoredObject } from '@shiplog/contracts';
import type { Truth } from './truth';
import { Violation } from './violation';

const LINEAR = 'a read is no older than a write that was acknowledged before it was asked';
const TRUE = 'a read shows what the log folds to';

/** Answers of the journal to questions about the present. */
export class Reads {
  count = 0;

  constructor(private readonly truth: Truth) {}

  /** @param floor the highest position that anybody had been told of when the question was asked */
  position(position: number, floor: number): void {
    this.count++;
    if (position < floor) throw new Violation(LINEAR, `the answer is of ${position}; ${floor} was acknowledged before`);
    if (position > this.truth.position)
      throw new Violation(TRUE, `the answer is of ${position}, the log at ${this.truth.position}`);
  }

  object(key: ObjectKey, position: number, object: StoredObject | null, floor: number): void {
    this.position(position, floor);
    this.#same(`${key.resource}/${key.name} at ${position}`, object ?? undefined, this.truth.objectAt(key, position));
  }

  /** All chunks of a stream of the state that came to its end. */
  state(channels: readonly Channel[], chunks: readonly StateChunk[], floor: number): void {
    const position = chunks[0]?.position;
    if (position === undefined) throw new Violation(TRUE, 'a stream of the state ended well, and told nothing');
    this.position(position, floor);
    const objects = chunks.flatMap((chunk) => chunk.objects);
    for (const { resource, object } of objects) {
      const { namespace = '', name } = object.metadata;
      this.#same(
        `${resource}/${name} at ${position}`,
        object,
        this.truth.objectAt({ resource, namespace, name }, position),
      );
    }
    const wanted = new Set(channels.map(({ resource }) => resource));
    const count = [...wanted].reduce((sum, resource) => sum + this.#countAt(resource, position), 0);
    if (count !== objects.length)
      throw new Violation(TRUE, `a stream of the state at ${position} has ${objects.length} of ${count} objects`);
  }

  #countAt(resource: string, position: number): number {
    const there = new Set<string>();
    for (const event of this.truth.log.slice(0, position)) {
      if (event.resource !== resource) continue;
      const key = `${event.namespace}/${event.name}`;
      if (isDeletion(event.fact)) there.delete(key);
      else there.add(key);
    }
    return there.size;
  }

  #same(description: string, told: StoredObject | undefined, there: StoredObject | undefined): void {
    const [a, b] = [told, there].map((object) => object && `${object.metadata.uid} ${object.metadata.resourceVersion}`);
    if (a !== b) throw new Violation(TRUE, `${description} is ${a ?? 'not there'}, in the log ${b ?? 'not there'}`);
  }
}
