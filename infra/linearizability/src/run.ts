import { setTimeout as delay } from 'node:timers/promises';
import { DEFINITIONS } from '@shiplog/apimachinery';
import { newCommandId } from '@shiplog/bus';
import type { KubeObject } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { checkHistory } from './checker/check-history';
import { BusDoor } from './clients/bus-door';
import type { Door } from './clients/door';
import { Objects } from './clients/objects';
import { PassingKinds } from './clients/passing-kinds';
import { definitionOf, NAMESPACE, registerKindOf, type RegisterKind } from './clients/register-kind';
import { RestClient } from './clients/rest-client';
import { RestDoor } from './clients/rest-door';
import { list, operationOf, runClient } from './clients/run-client';
import { Watcher } from './clients/watcher';
import { inflict, type Inflicted } from './faults/inflict';
import { planFaults } from './faults/plan/faults';
import { checkCommands, checkWatch, checkWrites } from './log/check-log';
import { readLog, rebuildDiffers } from './log/read-log';
import { ControlPlane, type ApiEndpoint } from './plane/control-plane';
import { Random } from './random';
import type { RunReport } from './report';

export interface RunOptions {
  /** Of everything that is chosen: what goes wrong and what clients do, not how fast things are. */
  readonly seed: number;
  /** How long clients work, in milliseconds. */
  readonly durationMs: number;
  readonly clients: number;
  /** How long a journal that hangs is waited for, in milliseconds. */
  readonly leaseMs: number;
  /** Whether anything goes wrong at all. */
  readonly faults: boolean;
}

/** After so long without an answer, an operation counts as unanswered. */
const OPERATION_MS = 4_000;
const COMMAND_MS = 3_000;
/** What a watch is given to tell of the last event, once all is well again. */
const WATCH_CATCHES_UP_MS = 20_000;

/**
 * One run: clients write and read while things go wrong; then everything is healed, and what the clients were told is
 * checked against what a linearizable store would have told, against the log, and against what was watched.
 */
export async function run(options: RunOptions, tell: (description: string) => void): Promise<RunReport> {
  const { seed, durationMs, leaseMs } = options;
  tell('starting a control plane: two journals, two apis');
  const plane = await ControlPlane.start({ leaseMs, commandMs: COMMAND_MS });
  const clients = new Clients(plane, options);
  try {
    await clients.begin();
    const faults = options.faults ? planFaults(seed, durationMs, leaseMs) : [];
    tell(`seed ${seed}: ${options.clients} clients for ${durationMs / 1_000} s, ${faults.length} faults`);
    const inflicted = await work(plane, clients, faults, durationMs);
    plane.heal();
    tell('everything is healed; waiting until it works again');
    await plane.ready();
    await clients.lookAtAll();
    const log = await settledLog(plane, clients);
    tell('checking');
    return await reportOn(plane, clients, inflicted, log, seed);
  } finally {
    await clients.stop();
    await plane.stop();
  }
}

async function work(
  plane: ControlPlane,
  clients: Clients,
  faults: Parameters<typeof inflict>[1],
  durationMs: number,
): Promise<Inflicted[]> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), durationMs);
  try {
    const [inflicted] = await Promise.all([inflict(plane, faults, over.signal), clients.work(over.signal)]);
    return inflicted;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** The log, when watches have caught up with it, or were given the time. */
async function settledLog(plane: ControlPlane, clients: Clients): Promise<Awaited<ReturnType<typeof readLog>>> {
  const until = performance.now() + WATCH_CATCHES_UP_MS;
  for (;;) {
    const log = await readLog(plane, clients.kind.resource);
    const last = log.events.at(-1)?.position ?? 0;
    if (clients.watchers.every(({ position }) => position >= last) || performance.now() > until) return log;
    await delay(100);
  }
}

async function reportOn(
  plane: ControlPlane,
  clients: Clients,
  faults: readonly Inflicted[],
  log: Awaited<ReturnType<typeof readLog>>,
  seed: number,
): Promise<RunReport> {
  const { history } = clients.objects;
  const checked = checkHistory(history);
  const last = log.events.at(-1)?.position ?? 0;
  const late = clients.watchers.filter(({ position }) => position < last);
  const differs = await rebuildDiffers(plane);
  const kinds = await clients.passing.differences(plane.apis);
  const problems = [
    ...clients.odd,
    ...log.problems,
    ...checkWrites(history, log.events),
    ...clients.buses.flatMap(({ accepted }) => checkCommands(accepted, log.events)),
    ...clients.watchers.flatMap(({ name, heard }) => checkWatch(name, heard, log.events)),
    ...clients.watchers.flatMap(({ name, problems: said }) =>
      said.map((problem) => `the watch of ${name}: ${problem}`),
    ),
    ...late.map(
      ({ name, position, failures }) =>
        `the watch of ${name} is at ${position}, and the log's last event at ${last}; ${failures.count} watches failed, the last: ${failures.last}`,
    ),
    ...(differs === undefined ? [] : [differs]),
    ...kinds,
  ];
  const watched = clients.watchers.flatMap(({ heard }) => heard.map(({ events }) => events.length));
  return {
    ...checked,
    seed,
    faults,
    problems,
    restarts: Object.fromEntries(plane.restarts),
    logged: log.length,
    watched: watched.reduce((sum, count) => sum + count, 0),
    resource: clients.kind.resource,
    passingKinds: clients.passing.made,
    watchResets: clients.watchers.reduce((sum, { resets }) => sum + resets, 0),
    history,
  };
}

/** Everybody who asks something of a plane, and what they know together. */
class Clients {
  readonly kind: RegisterKind;
  readonly objects = new Objects();
  readonly watchers: Watcher[] = [];
  readonly buses: BusDoor[] = [];
  /** Answers that have no place in the model. */
  readonly odd: string[] = [];
  readonly #doors: Door[] = [];
  #passing: PassingKinds | undefined;
  readonly #closers: (() => void | Promise<void>)[] = [];

  constructor(
    private readonly plane: ControlPlane,
    private readonly options: RunOptions,
  ) {
    this.kind = registerKindOf(options.seed);
  }

  /** Kinds that come and go beside the run's own. */
  get passing(): PassingKinds {
    if (this.#passing === undefined) throw new Error('the clients have not begun');
    return this.#passing;
  }

  /** Makes the namespace and the kind of the objects, and opens every door: one api, the other api, the bus, and so on. */
  async begin(): Promise<void> {
    const { apis } = this.plane;
    const first = apis[0];
    if (first === undefined) throw new Error('there is no api');
    const admin = this.#rest(first);
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    const made = await admin.ask('POST', '/api/v1/namespaces', namespace);
    if (made.kind !== 'answer' || made.status !== 201) throw new Error(`no namespace: ${JSON.stringify(made)}`);
    await this.#define(apis);
    for (let index = 0; index < this.options.clients; index++) {
      const name = `client-${index}`;
      const endpoint = apis[index % (apis.length + 1)];
      if (endpoint === undefined) this.#doors.push(await this.#busDoor(`${name} by NATS`));
      else
        this.#doors.push(
          new RestDoor(`${name} by ${endpoint === first ? 'api' : 'second-api'}`, this.#rest(endpoint), this.kind),
        );
    }
    const { collection } = this.kind;
    this.watchers.push(
      ...apis.map((endpoint, index) => new Watcher(index === 0 ? 'api' : 'second-api', endpoint, collection)),
    );
  }

  /** Resolves when every client has ended its last operation. */
  async work(signal: AbortSignal): Promise<void> {
    const { seed } = this.options;
    const report = (problem: string): unknown => this.odd.push(problem);
    await Promise.all([
      ...this.#doors.map((door, index) =>
        runClient(door.name, door, this.objects, seed * 1_000 + index, signal, report),
      ),
      this.passing.run(signal),
    ]);
  }

  /** At the end, everybody reads every object that is written to. */
  async lookAtAll(): Promise<void> {
    for (const door of this.#doors) {
      await list(door.name, door, this.objects);
      for (const key of this.objects.keys) {
        const begun = { client: door.name, key, call: { kind: 'read' } as const, invoked: performance.now() };
        const operation = operationOf(begun, await door.perform(key, begun.call));
        if (operation !== undefined) this.objects.record(operation);
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.stop()));
    for (const close of this.#closers) await close();
  }

  /** Defines the kind of the run's objects, where it is none that every cluster has, and waits until every api serves it. */
  async #define(apis: readonly ApiEndpoint[]): Promise<void> {
    const bus = await this.plane.bus('kinds by NATS');
    this.#closers.push(() => bus.connection.close());
    this.#passing = new PassingKinds(bus, new Random(this.options.seed), OPERATION_MS);
    if (this.kind.apiVersion === 'v1') return;
    const object = definitionOf('registers', this.kind.kind) as KubeObject;
    const data = { resource: DEFINITIONS, namespace: '', object };
    await bus.command({ id: newCommandId(), type: 'CreateObject', actor: 'admin', data });
    for (const endpoint of apis) {
      const client = this.#rest(endpoint);
      await eventually(async () => {
        const answer = await client.ask('GET', this.kind.collection);
        return answer.kind === 'answer' && answer.status === 200;
      });
    }
  }

  #rest(endpoint: (typeof this.plane.apis)[number]): RestClient {
    const client = new RestClient(endpoint, OPERATION_MS);
    this.#closers.push(() => client.close());
    return client;
  }

  async #busDoor(name: string): Promise<BusDoor> {
    const bus = await this.plane.bus(name);
    this.#closers.push(() => bus.connection.close());
    const door = new BusDoor(name, bus, this.kind, OPERATION_MS);
    this.buses.push(door);
    return door;
  }
}
