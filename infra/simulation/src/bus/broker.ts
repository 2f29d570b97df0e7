import type { Faults } from '../faults/faults';
import type { Random } from '../world/random';
import type { World } from '../world/world';
import type { SimConnection } from './connection';
import { Interest } from './interest';
import { nobodyListens, type Wire } from './wire';

/** A subscription as the server has it. */
export interface Interested {
  readonly connection: SimConnection;
  readonly sid: number;
  readonly subject: string;
  readonly queue: string | undefined;
}

/** What the server does with one message to one subscriber. */
export type Fate = { readonly copies: number; readonly extraMs: number; readonly outOfOrder: boolean };

/** The NATS server: routes, and loses, doubles, delays and reorders as the seed says. Never stores anything. */
export class Broker {
  readonly connections = new Set<SimConnection>();
  readonly #interest = new Interest<Interested>();
  readonly #random: Random;
  /** Sees every message that arrives at the server, with who sent it. */
  onRouted: ((from: SimConnection, wire: Wire) => void) | undefined;

  constructor(
    readonly world: World,
    readonly faults: Faults,
  ) {
    this.#random = world.random('bus');
  }

  subscribed(interested: Interested): void {
    this.#interest.add(interested.subject, interested);
  }

  unsubscribed(interested: Interested): void {
    this.#interest.delete(interested.subject, interested);
  }

  /** A message has arrived from a connection. */
  route(from: SimConnection, wire: Wire): void {
    this.onRouted?.(from, wire);
    const groups = new Map<string, Interested[]>();
    let heard = false;
    for (const item of this.#interest.of(wire.subject)) {
      heard = true;
      if (item.queue === undefined) item.connection.arrive(item.sid, wire, this.#fate());
      else groups.set(item.queue, [...(groups.get(item.queue) ?? []), item]);
    }
    for (const members of groups.values()) {
      const item = this.#random.pick(members);
      item.connection.arrive(item.sid, wire, this.#fate());
    }
    if (!heard && wire.reply !== undefined && wire.reply !== '') this.route(from, nobodyListens(wire.reply));
  }

  /** From one machine to another, in milliseconds. */
  latency(): number {
    return this.#random.between(0.1, 1);
  }

  /** A share of what is lost when a connection breaks: whether one message had left by then. */
  hadLeft(): boolean {
    return this.#random.chance(0.5);
  }

  #fate(): Fate {
    const { lose, double, reorder, delay } = this.faults.now;
    const random = this.#random;
    if (random.chance(lose)) return { copies: 0, extraMs: 0, outOfOrder: false };
    const outOfOrder = random.chance(reorder);
    return {
      copies: random.chance(double) ? 2 : 1,
      extraMs: random.chance(delay) ? random.between(10, 1_000) : outOfOrder ? random.between(0, 20) : 0,
      outOfOrder,
    };
  }
}
