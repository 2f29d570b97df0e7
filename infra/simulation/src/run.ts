import { createHash } from 'node:crypto';
import { CRONTABS, DEFINITIONS } from '../../../libs/apimachinery/src/testing/definitions';
import { channelsOf, eventType, type AnyCommand, type Channel } from '@shiplog/contracts';
import { Broker } from './bus/broker';
import { startAsker } from './clients/asker';
import { startReader, type Reader, type ReaderKind } from './clients/reader';
import { makeFirstObjects, send, startWriter } from './clients/writer';
import { creation, NODES } from './clients/commands';
import { drawUsers } from './clients/users';
import { Faults, profileOf } from './faults/faults';
import { Mishaps } from './faults/mishaps';
import { Answers } from './invariants/answers';
import { checkContainers, checkPodsAtRest } from './invariants/containers';
import { Controllers } from './invariants/controllers';
import { Evictions } from './invariants/evictions';
import { MadePods } from './invariants/pods';
import { Reads } from './invariants/reads';
import { Truth } from './invariants/truth';
import { Violation } from './invariants/violation';
import type { Cluster } from './parts/cluster';
import { startController } from './parts/controller';
import { Engine } from './parts/engine';
import { startJournal } from './parts/journal';
import { startKubelet } from './parts/kubelet';
import { startScheduler } from './parts/scheduler';
import { busOf } from './parts/service';
import { Supervisor } from './parts/supervisor';
import { installAppender } from './store/appender';
import { installPgClient } from './store/pg-client';
import { Store } from './store/store';
import { installDisk } from './world/disk';
import { installGlobals } from './world/globals';
import { World } from './world/world';

/** What one run came to. */
export interface Outcome {
  readonly seed: number;
  readonly violation?: { readonly invariant: string; readonly detail: string; readonly step: number };
  /** What led to it, oldest first. */
  readonly trace: readonly string[];
  readonly steps: number;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly answers: number;
  readonly reads: number;
  /** Of controllers, made again from the log. */
  readonly decisions: number;
  readonly mishaps: number;
  /** Evictions that were charged to a budget, and those that a budget has refused. */
  readonly evictions: number;
  readonly refusedEvictions: number;
  readonly epochs: number;
  /** Of the log: two runs of one seed have the same. */
  readonly digest: string;
}

/** How long faults go on, and how long everything may take to be well again, in virtual milliseconds. */
const TROUBLE_MS = 20_000;
/** The last part of the faults. */
const LAST_MS = 1_000;
const HEALING_MS = 45_000;
/** How often it is looked whether all is well, and how long it has to stay so: as long as two rounds of what heals. */
const LOOK_MS = 1_000;
const WELL_MS = 12_000;
/** How long clients go on after the last fault. */
const AFTERMATH_MS = 5_000;
const START_MS = 20_000;

const READERS: Readonly<Record<string, ReaderKind>> = {
  'reader-1': {
    role: 'api',
    channels: ['configmaps', 'pods', 'nodes', 'namespaces', DEFINITIONS, CRONTABS].map((resource) => ({ resource })),
    followsAll: true,
  },
  'reader-2': { role: 'api', channels: [{ resource: 'pods' }, { resource: 'configmaps' }] },
  // Nobody but clients writes what it reads: when they have stopped, nothing more comes.
  'reader-3': { role: 'api', channels: [{ resource: 'configmaps' }] },
  'reader-n1': { role: 'kubelet', channels: channelsOf('kubelet', 'n1') },
  'routes-n1': { role: 'network', channels: channelsOf('network', 'n1') },
};

/**
 * Runs one seed, alone in this Node process: virtual time is everybody's.
 *
 * @param users resources that its users ask for, beside those of every run; without, the seed draws some
 */
export async function runSeed(seed: number, users?: readonly string[]): Promise<Outcome> {
  const run = new Run(seed, users);
  return run.outcome();
}

class Run {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #supervisor: Supervisor;
  readonly #mishaps: Mishaps;
  readonly #answers: Answers;
  readonly #controllers: Controllers;
  readonly #evictions: Evictions;
  readonly #madePods: MadePods;
  readonly #reads: Reads;
  readonly #readers = new Map<string, Reader>();
  readonly #sent: AnyCommand[] = [];
  readonly #engines: ReadonlyMap<string, Engine>;
  #isOver = false;

  constructor(
    private readonly seed: number,
    private readonly users: readonly string[] | undefined,
  ) {
    const world = (this.#world = new World(seed));
    const faults = new Faults(profileOf(world.random('profile')));
    const broker = new Broker(world, faults);
    const store = new Store(world, faults);
    const channels: Channel[] = Object.values(READERS).flatMap((reader) => reader.channels);
    const truth = new Truth(channels, (violation) => world.violated(violation));
    this.#cluster = { world, faults, broker, store, truth };
    this.#engines = new Map(NODES.map((node) => [node, new Engine(world, node)]));
    this.#answers = new Answers(truth);
    this.#reads = new Reads(truth);
    this.#controllers = new Controllers(truth);
    this.#evictions = new Evictions(truth);
    this.#madePods = new MadePods(truth);
    this.#supervisor = new Supervisor(world, (process, error) => this.#failed(process.name, error));
    this.#mishaps = new Mishaps({ world, faults, broker, store, supervisor: this.#supervisor });
    store.onCommitted = (events, epoch) => {
      world.trace.say(
        'log',
        events.map((event) => `${event.position} ${eventType(event)} ${event.name}`).join(', ') + ` in epoch ${epoch}`,
      );
      truth.committed(events);
      world.check(() => this.#controllers.committed(events));
      world.check(() => this.#evictions.committed(events));
      world.check(() => this.#madePods.committed(events));
    };
    store.onSnapshot = (saved) => truth.snapshotted(saved);
  }

  async outcome(): Promise<Outcome> {
    const { store } = this.#cluster;
    const undo = [
      installGlobals(this.#world, (process) => this.#supervisor.crash(process, 1_000)),
      installPgClient(store, (text) =>
        this.#violated(new Violation('the simulated database knows every statement', text)),
      ),
      installAppender(store),
      installDisk(),
    ];
    // Each service of its own would end there, as `runService` has it.
    const unhandled = (error: unknown): void => this.#failed('nobody handles', error);
    process.on('unhandledRejection', unhandled);
    // Node says so once of each signal or emitter, and goes on.
    const warned = ({ name, message }: Error): void => {
      if (name === 'MaxListenersExceededWarning')
        this.#violated(new Violation('no process gathers listeners', message));
    };
    process.on('warning', warned);
    let violation: Violation | undefined;
    try {
      await this.#live();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error;
    } finally {
      process.off('unhandledRejection', unhandled);
      process.off('warning', warned);
      for (const item of undo.reverse()) item();
      for (const name of this.#supervisor.names) this.#supervisor.process(name)?.end();
    }
    const { steps, time, trace } = this.#world;
    return {
      seed: this.seed,
      ...(violation === undefined
        ? {}
        : { violation: { invariant: violation.invariant, detail: violation.detail, step: steps } }),
      trace: trace.last(400),
      steps,
      virtualSeconds: time.now / 1000,
      events: this.#cluster.truth.position,
      answers: this.#answers.count,
      reads: this.#reads.count,
      decisions: this.#controllers.decisions,
      mishaps: this.#mishaps.count,
      evictions: this.#evictions.charged,
      refusedEvictions: this.#evictions.refused,
      epochs: store.epoch,
      digest: createHash('sha256')
        .update(JSON.stringify([store.events, steps]))
        .digest('hex')
        .slice(0, 16),
    };
  }

  /** Starts, goes through trouble, and is well again. */
  async #live(): Promise<void> {
    const { time } = this.#world;
    this.#startJournals();
    await this.#begin();
    this.#startAll();
    const engines = [...this.#engines.values()];
    this.#world.checks.push(
      () => this.#checkReaders(),
      () => checkContainers(engines, (uid) => this.#madePods.isStateful(uid)),
    );
    await this.#world.run(time.now + 2_000);
    this.#mishaps.begin();
    await this.#world.run(time.now + TROUBLE_MS - 2 * LAST_MS);
    // In half of the runs nothing comes after what a reader has not heard last: only heads can tell it of that.
    const isQuiet = this.#world.random('end').chance(0.5);
    if (isQuiet) this.#mishaps.deafen('reader-3');
    await this.#world.run(time.now + LAST_MS);
    this.#isOver = isQuiet;
    await this.#world.run(time.now + LAST_MS);
    this.#mishaps.end();
    await this.#mustAnswer('after faults, the journal answers', 20_000);
    await this.#world.run(time.now + AFTERMATH_MS);
    this.#isOver = true;
    await this.#rest(time.now + HEALING_MS - AFTERMATH_MS);
    await this.#controllers.decideAgain();
  }

  /** Resolves when all has been well for a while. Throws the Violation of what is not at the end. */
  async #rest(until: number): Promise<void> {
    const { time } = this.#world;
    const { truth } = this.#cluster;
    let last = truth.position;
    for (let wellSince = Infinity; time.now < until && time.now - wellSince < WELL_MS;) {
      last = truth.position;
      await this.#world.run(time.now + LOOK_MS);
      wellSince = truth.position === last && this.#isWell() ? Math.min(wellSince, time.now) : Infinity;
    }
    for (const check of this.#checksAtRest()) this.#world.check(check);
    this.#world.check(() => checkQuiet(truth, last));
    this.#world.throwIfViolated();
  }

  #isWell(): boolean {
    try {
      for (const check of this.#checksAtRest()) check();
      return true;
    } catch (error) {
      if (error instanceof Violation) return false;
      throw error;
    }
  }

  #startJournals(): void {
    for (const name of ['journal-1', 'journal-2'])
      this.#supervisor.start(name, (process) => startJournal(this.#cluster, process));
  }

  async #begin(): Promise<void> {
    let done = false;
    this.#supervisor.start('founder', async (process) => {
      const bus = busOf(this.#cluster, process, { role: 'api', name: process.name });
      await makeFirstObjects(this.#cluster, bus, this.#answers, NODES);
      done = true;
    });
    await this.#world.run(START_MS, () => done);
    if (!done) throw new Violation('a cluster starts', `nothing is answered within ${START_MS} ms`);
  }

  #startAll(): void {
    const supervisor = this.#supervisor;
    const violated = (error: unknown): void => this.#violated(error);
    const common = { answers: this.#answers, isOver: () => this.#isOver, violated };
    const users = drawUsers(this.#world.random('workloads'), this.users);
    for (const name of ['writer-1', 'writer-2']) {
      supervisor.start(name, (process) =>
        startWriter(this.#cluster, process, { ...common, evictions: this.#evictions, users, sent: this.#sent }),
      );
    }
    supervisor.start('asker-1', (process) => startAsker(this.#cluster, process, { ...common, reads: this.#reads }));
    for (const [name, kind] of Object.entries(READERS)) {
      supervisor.start(name, (process) =>
        startReader(this.#cluster, process, kind, (reader) => this.#readers.set(name, reader)),
      );
    }
    for (const [node, engine] of this.#engines) {
      supervisor.start(`kubelet-${node}`, (process) => startKubelet(this.#cluster, process, node, engine));
    }
    for (const name of ['scheduler-1', 'scheduler-2'])
      supervisor.start(name, (process) => startScheduler(this.#cluster, process));
    for (const name of ['controller-1', 'controller-2'])
      supervisor.start(name, (process) => startController(this.#cluster, process));
  }

  /** A command of somebody who was not there before is answered in time. */
  async #mustAnswer(invariant: string, withinMs: number): Promise<void> {
    const { time } = this.#world;
    const until = time.now + withinMs;
    let done = false;
    this.#supervisor.start('probe', async (process) => {
      const bus = busOf(this.#cluster, process, { role: 'api', name: process.name });
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'probe' } };
      const reply = await send(this.#cluster, bus, creation('probe', 'namespaces', object), this.#answers);
      done = reply !== undefined;
    });
    await this.#world.run(until, () => done);
    if (!done) throw new Violation(invariant, `not within ${withinMs / 1000} s`);
  }

  #checkReaders(): void {
    for (const { process, watched } of this.#readers.values()) if (!process.isEnded) watched.check();
  }

  /** When all is quiet, everybody is where the log is. */
  #checksAtRest(): (() => void)[] {
    const { state } = this.#cluster.truth;
    const readers = Object.keys(READERS).map((name) => this.#readers.get(name) ?? name);
    return [
      ...readers.map((reader) => () => checkReaderAtRest(reader)),
      () => this.#answers.checkAll(),
      () => checkPodsAtRest(state, this.#engines),
      () => this.#controllers.checkAtRest(),
    ];
  }

  #failed(name: string, error: unknown): void {
    this.#violated(
      error instanceof Violation ? error : new Violation('no process fails', `${name}: ${stackOf(error)}`),
    );
  }

  #violated(error: unknown): void {
    this.#world.violated(error instanceof Violation ? error : new Violation('no process fails', stackOf(error)));
  }
}

/** What was asked for is there: nobody has anything more to write. */
function checkQuiet(truth: Truth, last: number): void {
  if (truth.position === last) return;
  const told = truth.log.slice(last).map((event) => `${event.actor} ${eventType(event)} ${event.name}`);
  throw new Violation('a cluster at rest writes nothing', told.join(', '));
}

function checkReaderAtRest(reader: Reader | string): void {
  if (typeof reader === 'string' || reader.process.isEnded) {
    throw new Violation(
      'every projection catches up',
      `${typeof reader === 'string' ? reader : reader.process.name} is not loaded`,
    );
  }
  reader.watched.checkAtRest();
  reader.follower?.checkAtRest();
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return `${error.stack ?? error.message}${cause instanceof Error ? `\n${cause.stack ?? ''}` : ''}`;
}
