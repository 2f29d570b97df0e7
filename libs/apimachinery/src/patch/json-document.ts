import { setField } from '../values/json-object';
import { indexOf } from './json-pointer';
import type { Steps } from './steps';

/** Items that move on in their list: the processor moves so many while one is copied with its names. */
const MOVES_IN_A_STEP = 32;

type Container = unknown[] | Record<string, unknown>;

/** Why a place of a document can't be what an operation wants; `missing` is said in Kubernetes' words by who knows the path. */
export class NoSuchPlace extends Error {}

/**
 * A JSON document under change, place by place. What it was made of is never changed: objects and lists on the way to a
 * place are copied when they are first changed, once each, so that many operations cost no more than one copy of it all.
 */
export class JsonDocument {
  /** Copied already, and nobody else's. */
  readonly #own = new WeakSet<object>();

  constructor(
    public root: unknown,
    private readonly work: Steps,
  ) {}

  /** The value at a place. Throws NoSuchPlace. */
  get(path: readonly string[]): unknown {
    let value = this.root;
    for (const step of path) value = childOf(value, step);
    return value;
  }

  /** Puts a value at a place: into a list it is inserted, in an object it takes a present one's place. Throws NoSuchPlace. */
  add(path: readonly string[], value: unknown): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#changeable(path);
    if (!Array.isArray(parent)) {
      setField(parent, last, value);
      return;
    }
    const at = last === '-' ? parent.length : indexOf(last);
    if (at === undefined || at > parent.length) throw new NoSuchPlace();
    this.#moves(parent.length - at);
    parent.splice(at, 0, value);
  }

  /** Puts a value where one is. Throws NoSuchPlace. */
  replace(path: readonly string[], value: unknown): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    this.get(path);
    const parent = this.#changeable(path);
    if (Array.isArray(parent)) parent[Number(last)] = value;
    else setField(parent, last, value);
  }

  /** Takes out what is at a place, and answers it. Throws NoSuchPlace. */
  remove(path: readonly string[]): unknown {
    const removed = this.get(path);
    const last = path.at(-1);
    if (last === undefined) {
      this.root = null;
      return removed;
    }
    const parent = this.#changeable(path);
    if (Array.isArray(parent)) {
      this.#moves(parent.length - Number(last));
      parent.splice(Number(last), 1);
    } else {
      delete parent[last];
    }
    return removed;
  }

  #moves(items: number): void {
    this.work.take(Math.ceil(items / MOVES_IN_A_STEP));
  }

  /** The object or list that holds a place, with all on the way to it this document's own. */
  #changeable(path: readonly string[]): Container {
    let here = this.#ownCopy(containerAt(this.root));
    this.root = here;
    for (const step of path.slice(0, -1)) {
      const inner = this.#ownCopy(containerAt(childOf(here, step)));
      if (Array.isArray(here)) here[Number(step)] = inner;
      else setField(here, step, inner);
      here = inner;
    }
    return here;
  }

  #ownCopy(container: Container): Container {
    if (this.#own.has(container)) return container;
    const copy = Array.isArray(container) ? [...container] : { ...container };
    this.#own.add(copy);
    return copy;
  }
}

function containerAt(value: unknown): Container {
  if (typeof value !== 'object' || value === null) throw new NoSuchPlace();
  return value as Container;
}

function childOf(value: unknown, step: string): unknown {
  const container = containerAt(value);
  if (Array.isArray(container)) {
    const at = indexOf(step);
    if (at === undefined || at >= container.length) throw new NoSuchPlace();
    return container[at];
  }
  if (!Object.hasOwn(container, step)) throw new NoSuchPlace();
  return container[step];
}
