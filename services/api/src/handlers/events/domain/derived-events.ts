import type { AppliedEvent } from '@shiplog/cluster';
import { localKey, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { EVENT_TTL_MS } from '@shiplog/kube';
import type { Change } from '../../../cache/window/change';
import { eventLinesOf, TOLD, type EventLine } from '../render/event-lines';
import { digestOf, eventOf, repeated, type KubeEvent } from '../render/kube-event';

/** The kubelet's note and the log's event of one happening: the same line within this time is the same. */
export const SAME_MS = 5_000;
/** Positions of the log that are told of together: Events are kept for this span and the one before it. */
const SPAN = 8_192;

/** Of what these Events are made; of Events themselves, which ones clients have made their own. */
export const SOURCES: readonly ResourceId[] = [...TOLD, 'namespaces', 'events'];

/** Where the log has to be read from to know the Events of a position: every event after this one. */
export function readFrom(position: number): number {
  return Math.max(0, (spanOf(position) - 1) * SPAN - 1);
}

/** What an event of the log does to the Events. */
export interface Derivation {
  readonly changes: readonly Change[];
  /** The Event that a client has changed or removed: from now on it is an object of the log, or gone. */
  readonly replaced?: StoredObject;
}

interface Span {
  readonly number: number;
  /** By what they say, the longest unheard first. */
  readonly events: Map<string, KubeEvent>;
  /** Where a client made the Event of a line its own: said again, the line makes another Event. */
  readonly taken: Map<string, number>;
}

/**
 * The Kubernetes Events that are made from the log instead of being written: a function of the log alone, position by
 * position, so that every api has the same ones, and can tell which ones there were at any position by reading the log from
 * `readFrom` on. For that, time is the log's too, and nothing that is said outlives its span of positions and the next.
 */
export class DerivedEvents {
  readonly #spans: Span[] = [];
  /** By namespace and name. */
  readonly #byKey = new Map<string, { readonly event: KubeEvent; readonly span: Span; readonly said: string }>();

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#byKey.get(localKey(namespace, name))?.event;
  }

  /** In no particular order; all namespaces for ''. */
  list(namespace: string): StoredObject[] {
    const events: StoredObject[] = [];
    for (const { event } of this.#byKey.values()) {
      if (namespace === '' || event.metadata.namespace === namespace) events.push(event);
    }
    return events;
  }

  /** Whether a line was said shortly before a time (RFC 3339). */
  isRecent(line: EventLine, time: string): boolean {
    const event = this.#spans.at(-1)?.events.get(digestOf(line));
    return event !== undefined && isSame(event, time);
  }

  /** Folds an event of the log in; they come in the order of the log. */
  apply(applied: AppliedEvent): Derivation {
    const { event } = applied;
    const { position, time } = event;
    const span = this.#spanAt(position);
    const changes = this.#sweep(span, position, time);
    if (event.resource === 'events') return { changes, ...this.#takeOver(span, applied) };
    if (event.resource === 'namespaces') {
      if (event.fact === 'Deleted') changes.push(...this.#removeNamespace(event.name, position));
      return { changes };
    }
    for (const line of eventLinesOf(applied)) {
      const change = this.#say(span, line, time, position);
      if (change !== undefined) changes.push(change);
    }
    return { changes };
  }

  #spanAt(position: number): Span {
    const number = spanOf(position);
    const last = this.#spans.at(-1);
    if (last?.number === number) return last;
    const span: Span = { number, events: new Map(), taken: new Map() };
    this.#spans.push(span);
    return span;
  }

  #say(span: Span, line: EventLine, time: string, position: number): Change | undefined {
    const said = digestOf(line);
    const before = span.events.get(said);
    if (before !== undefined && isSame(before, time)) return undefined;
    const since = `${span.number}/${span.taken.get(said) ?? ''}`;
    const fresh = eventOf(line, time, position, since);
    const after = before === undefined ? fresh : repeated(before, fresh);
    span.events.delete(said);
    span.events.set(said, after);
    this.#byKey.set(keyOf(after), { event: after, span, said });
    return { resource: 'events', position, before, after };
  }

  /** A client changed or removed an Event. */
  #takeOver(span: Span, { event: { namespace, name, position } }: AppliedEvent): Pick<Derivation, 'replaced'> {
    const known = this.#byKey.get(localKey(namespace, name));
    if (known === undefined) return {};
    this.#remove(known.span, known.said, known.event, position);
    if (known.span === span) span.taken.set(known.said, position);
    return { replaced: known.event };
  }

  #removeNamespace(name: string, position: number): Change[] {
    const changes: Change[] = [];
    for (const { event, span, said } of [...this.#byKey.values()]) {
      if (event.metadata.namespace === name) changes.push(this.#remove(span, said, event, position));
    }
    return changes;
  }

  /** What was said too long ago goes, with the first event of the log that is late enough. */
  #sweep(current: Span, position: number, time: string): Change[] {
    const changes: Change[] = [];
    const now = Date.parse(time);
    while ((this.#spans[0]?.number ?? current.number) < current.number - 1) {
      const span = this.#spans.shift() as Span;
      for (const [said, event] of span.events) changes.push(this.#remove(span, said, event, position));
    }
    for (const span of this.#spans) {
      for (const [said, event] of span.events) {
        if (now - Date.parse(event.lastTimestamp ?? '') <= EVENT_TTL_MS) break;
        changes.push(this.#remove(span, said, event, position));
      }
    }
    return changes;
  }

  #remove(span: Span, said: string, before: KubeEvent, position: number): Change {
    span.events.delete(said);
    this.#byKey.delete(keyOf(before));
    return { resource: 'events', position, before };
  }
}

function spanOf(position: number): number {
  return Math.floor(position / SPAN);
}

function keyOf({ metadata }: KubeEvent): string {
  return localKey(metadata.namespace ?? '', metadata.name);
}

function isSame({ lastTimestamp }: KubeEvent, time: string): boolean {
  return Date.parse(time) - Date.parse(lastTimestamp ?? '') < SAME_MS;
}
