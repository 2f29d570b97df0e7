import { setTimeout as wait } from 'node:timers/promises';
import { serviceActor, type ObjectOf } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import { eventually } from '@shiplog/testing';
import { HollowMaster, podTemplate } from '../../../hollow/src/testing/hollow-master';
import { cpuOf } from '../../../bench/src/parts/cpu';
import { memoryOf } from '../../../launcher/src/system/memory';

const NODES = 10;
/** Room for all pods, twice. */
const ROOM = { HOLLOW_CAPACITY: 'cpu=1000,memory=4Ti,ephemeral-storage=4Ti', MAX_PODS: '2000' };
const REST_MS = 20_000;
/** Requests of a user that are under way at once. */
const AT_ONCE = 64;
const PATIENCE_MS = 600_000;
const RESOURCE = 'deployments.apps';
const CONTROLLER = serviceActor('controller');

type Deployment = ObjectOf<'deployments.apps'>;

/** What a while took. */
interface Figures {
  readonly ms: number;
  readonly events: number;
  /** Of them, those of the controllers. */
  readonly decided: number;
  /** By resource and fact, the most frequent first. */
  readonly facts: readonly [string, number][];
  /** Processor time of the controllers, in milliseconds. */
  readonly cpuMs: number;
  /** Memory of the controllers at its end, in bytes. */
  readonly memory: number;
}

/** How long Deployments take to be available, to rest, and to come to another template, on hollow nodes. */
export async function measureWorkloads(deployments: number, replicas: number): Promise<void> {
  const master = await HollowMaster.start({ NODE_MONITOR_GRACE: '10h' });
  try {
    await master.startNodes(NODES, ROOM);
    await new Workloads(master, deployments, replicas).run();
  } finally {
    await master.stop();
  }
}

class Workloads {
  #events = 0;
  #decided = 0;
  readonly #facts = new Map<string, number>();

  constructor(
    private readonly master: HollowMaster,
    private readonly deployments: number,
    private readonly replicas: number,
  ) {
    master.projection.onApplied((batch) => {
      for (const { event } of batch) {
        this.#events += 1;
        if (event.actor === CONTROLLER) this.#decided += 1;
        const fact = `${event.resource}.${event.fact}`;
        this.#facts.set(fact, (this.#facts.get(fact) ?? 0) + 1);
      }
    });
  }

  async run(): Promise<void> {
    const pods = this.deployments * this.replicas;
    this.#tell(
      `${this.deployments} Deployments of ${this.replicas} pods`,
      pods,
      await this.#during(() => this.#create()),
    );
    this.#tell(`${REST_MS / 1_000} s of rest`, pods, await this.#during(() => wait(REST_MS)));
    this.#tell('another template for each', pods, await this.#during(() => this.#change()));
  }

  async #create(): Promise<void> {
    await this.#forEach((n) => {
      return this.master.create(RESOURCE, { kind: 'Deployment', ...deploymentOf(n, this.replicas) });
    });
    await this.#complete();
  }

  async #change(): Promise<void> {
    const containers = [{ name: 'main', image: 'web:2' }];
    await this.#forEach((n) => {
      const { metadata } = deploymentOf(n, this.replicas);
      const patch = { spec: { template: { spec: { containers } } } };
      return this.master.send(patchOf(RESOURCE, { metadata }, patch));
    });
    await this.#complete();
  }

  async #forEach(send: (n: number) => Promise<void>): Promise<void> {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < this.deployments) await send(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  /** Every Deployment has all its pods, of its present template, and no pod is left of another. */
  #complete(): Promise<boolean> {
    const { state } = this.master.projection;
    const pods = this.deployments * this.replicas;
    return eventually(
      () =>
        state.size('pods') === pods &&
        state.list(RESOURCE).every((deployment) => isComplete(deployment, this.replicas)),
      { timeoutMs: PATIENCE_MS, everyMs: 20 },
    );
  }

  async #during(work: () => Promise<unknown>): Promise<Figures> {
    const controller = this.master.pidOf('controller');
    this.#facts.clear();
    const [events, decided, cpu, since] = [this.#events, this.#decided, cpuOf(controller), performance.now()];
    await work();
    return {
      ms: performance.now() - since,
      events: this.#events - events,
      decided: this.#decided - decided,
      facts: [...this.#facts].sort((a, b) => b[1] - a[1]),
      cpuMs: (cpuOf(controller) - cpu) / 1_000,
      memory: memoryOf(controller),
    };
  }

  #tell(what: string, pods: number, { ms, events, decided, facts, cpuMs, memory }: Figures): void {
    const perPod = (count: number) => (count / pods).toFixed(2);
    const lines = [
      `${(ms / 1_000).toFixed(1)} s; ${events} events, ${perPod(events)} a pod`,
      `of the controllers: ${decided} events, ${Math.round(decided / (ms / 1_000))}/s; ${Math.round(cpuMs)} ms of processor; ${Math.round(memory / 1_048_576)} MB`,
      ...facts.slice(0, 10).map(([fact, count]) => `${fact.padEnd(36)} ${perPod(count).padStart(6)} a pod`),
    ];
    process.stdout.write(`\n  ${what}\n${lines.map((line) => `    ${line}\n`).join('')}`);
  }
}

function deploymentOf(n: number, replicas: number) {
  const name = `web-${n}`;
  const labels = { app: name };
  const template = podTemplate(name, {});
  return { metadata: { name, namespace: 'default' }, spec: { replicas, selector: { matchLabels: labels }, template } };
}

function isComplete({ metadata, status }: Deployment, replicas: number): boolean {
  const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
  return status?.observedGeneration === metadata.generation && counts.every((count) => count === replicas);
}
