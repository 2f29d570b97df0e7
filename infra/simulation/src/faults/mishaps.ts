import type { Broker } from '../bus/broker';
import type { Supervisor } from '../parts/supervisor';
import { LEASE_MS } from '../parts/journal';
import type { Store } from '../store/store';
import type { SimProcess } from '../world/process';
import type { Random } from '../world/random';
import type { World } from '../world/world';
import type { Faults } from './faults';

/** What larger faults happen to. */
export interface Scene {
  readonly world: World;
  readonly faults: Faults;
  readonly broker: Broker;
  readonly store: Store;
  readonly supervisor: Supervisor;
}

/** Something large that goes wrong, and comes right again after a while. */
type Mishap = (scene: Scene, random: Random, process: SimProcess) => void;

const CUT = [20, 4_000] as const;
/** Longer than a lease, now and then: whoever wakes then is not the active journal any more. */
const PAUSED = [50, 3 * LEASE_MS] as const;

const MISHAPS: Readonly<Record<string, Mishap>> = {
  crash: ({ supervisor }, random, process) => supervisor.crash(process, random.between(20, 4_000)),

  pause: ({ world }, random, process) => {
    const ms = random.between(...PAUSED);
    world.trace.say(process.name, `is paused for ${Math.round(ms)} ms`);
    world.pause(process);
    const first = random.pick(['timer', 'arrival'] as const);
    world.time.after(ms, () => {
      world.trace.say(process.name, 'goes on');
      world.resume(process, first);
    });
  },

  cut: ({ world, broker }, random, process) => {
    for (const connection of broker.connections) {
      if (connection.process !== process) continue;
      connection.cut();
      world.time.after(random.between(...CUT), () => connection.reconnect());
    }
  },

  blackhole: ({ world, broker }, random, process) => {
    for (const connection of broker.connections) {
      if (connection.process !== process) continue;
      connection.blackhole();
      world.time.after(random.between(1_000, 12_000), () => connection.reconnect());
    }
  },

  noBus: ({ world, broker }, random) => {
    const ms = random.between(...CUT);
    world.trace.say('bus', `goes away for ${Math.round(ms)} ms`);
    for (const connection of [...broker.connections]) {
      connection.cut();
      world.time.after(ms + random.between(0, 400), () => connection.reconnect());
    }
  },

  noDatabase: ({ world, store }, random) => {
    const ms = random.between(100, 3_000);
    world.trace.say('database', `goes away for ${Math.round(ms)} ms`);
    store.goAway();
    world.time.after(ms, () => store.comeBack());
  },

  noWayToDatabase: ({ world, store }, random, process) => {
    const ms = random.between(500, 3 * LEASE_MS);
    world.trace.say(process.name, `is cut off from the database for ${Math.round(ms)} ms, unnoticed`);
    store.cutOff(process, ms);
  },

  session: ({ world, store }, random) => {
    const sessions = [...store.sessions];
    if (sessions.length === 0) return;
    const session = random.pick(sessions);
    world.trace.say(session.process.name, 'loses a session of the database');
    store.terminate(session, 'the connection was reset');
  },

  clock: ({ world }, random, process) => {
    process.skew += random.between(-5_000, 5_000);
    world.trace.say(process.name, `its clock is set to ${Math.round(process.skew)} ms from the true one`);
  },
};

/** Has large faults happen, one after the other and one over the other, while small ones are on. */
export class Mishaps {
  readonly #random: Random;
  readonly #kinds: readonly string[];
  #isOn = false;
  count = 0;

  constructor(private readonly scene: Scene) {
    this.#random = scene.world.random('mishaps');
    const wanted = Object.keys(MISHAPS).filter(() => this.#random.chance(0.6));
    this.#kinds = wanted.length === 0 ? ['crash', 'pause'] : wanted;
  }

  begin(): void {
    this.#isOn = true;
    this.scene.faults.begin();
    this.#next();
  }

  /** What is told to all, a process does not hear until the end of all faults. */
  deafen(name: string): void {
    const { broker, supervisor } = this.scene;
    for (const connection of broker.connections)
      if (connection.process === supervisor.process(name)) connection.deafen();
  }

  /** Everything comes right: who is paused goes on, who is cut off is connected. */
  end(): void {
    const { world, faults, broker, store, supervisor } = this.scene;
    this.#isOn = false;
    faults.end();
    store.comeBack();
    for (const name of supervisor.names) {
      const process = supervisor.process(name);
      if (process !== undefined) world.resume(process, 'timer');
    }
    for (const connection of [...broker.connections]) {
      connection.hearAgain();
      connection.reconnect();
    }
    world.trace.say('world', 'no more faults');
  }

  #next(): void {
    const random = this.#random;
    const { world, faults, supervisor } = this.scene;
    world.time.after(-Math.log(1 - random.share()) * faults.profile.everyMs, () => {
      if (!this.#isOn) return;
      // Every other one is a journal's: most of what must hold hangs on them.
      const names = supervisor.names.filter((name) => random.chance(0.5) || name.startsWith('journal'));
      const journals = names.filter((name) => name.startsWith('journal'));
      const process = supervisor.process(random.chance(0.5) ? random.pick(journals) : random.pick(names));
      if (process?.isEnded === false) {
        this.count++;
        MISHAPS[random.pick(this.#kinds)]?.(this.scene, random, process);
      }
      this.#next();
    });
  }
}
