import type { ReadonlyCluster } from '@shiplog/cluster';
import type { Now, ReconcileRequest, Refusal } from './controller';

/** Where a request's state comes from: it moves on while an attempt waits for something. */
export interface Standing {
  readonly state: ReadonlyCluster;
  readonly position: number;
}

/** The request of an attempt that is made, which notes what the attempt looks at beyond the state. */
export class NotedRequest implements ReconcileRequest {
  readonly #notes = new Map<string, unknown>();

  constructor(
    private readonly standing: Standing,
    readonly now: Now,
    private readonly refusals: readonly Refusal[],
  ) {}

  get state(): ReadonlyCluster {
    return this.standing.state;
  }

  get position(): number {
    return this.standing.position;
  }

  get refused(): readonly Refusal[] {
    if (this.refusals.length > 0) this.#notes.set(REFUSED, this.refusals);
    return this.refusals;
  }

  readonly observe = <T>(name: string, read: () => T): T => {
    const value = read();
    const note = (seen: unknown): void => void this.#notes.set(name, seen);
    // Who awaits it hears of a failure.
    if (value instanceof Promise) value.then(note, () => undefined);
    else note(value);
    return value;
  };

  /** What was looked at, by name; undefined for nothing. */
  get observed(): Readonly<Record<string, unknown>> | undefined {
    return this.#notes.size === 0 ? undefined : Object.fromEntries(this.#notes);
  }
}

/** A controller looked at something that the log does not have of it: it is another one than that which decided then. */
export class NotObserved extends Error {
  override name = 'NotObserved';
}

/** The request of a recorded attempt: what it looked at then is what it is given. */
export class RecordedRequest implements ReconcileRequest {
  constructor(
    readonly state: ReadonlyCluster,
    readonly position: number,
    readonly now: Now,
    private readonly observed: Readonly<Record<string, unknown>>,
  ) {}

  get refused(): readonly Refusal[] {
    return (this.observed[REFUSED] ?? []) as readonly Refusal[];
  }

  /** @throws NotObserved */
  readonly observe = <T>(name: string): T => {
    if (!Object.hasOwn(this.observed, name)) throw new NotObserved(`looks at ${name}, which it did not then`);
    return this.observed[name] as T;
  };
}

/** The name of what every attempt is given of the one before it. */
const REFUSED = 'refused';
