import type { AppliedEvent } from '@shiplog/cluster';
import type { StoredPod } from '@shiplog/kube';
import { DEFAULT_POLICY, policyOf, Scheduling } from '@shiplog/scheduling';
import { aNode, aPod, applied } from '../../../../libs/scheduling/src/testing/builders';

const NODES = 1_000;
const EVENTS = 100;

/** Processor time of this process, in milliseconds: a busy machine adds nothing to it. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** What each turn of some work takes. */
class Turns {
  readonly #took: number[] = [];

  take(work: () => void): void {
    const begun = processorMs();
    work();
    this.#took.push(processorMs() - begun);
  }

  /** As a sentence. */
  toString(): string {
    const inAll = this.#took.reduce((sum, ms) => sum + ms, 0);
    return `${inAll.toFixed(1)} ms in ${this.#took.length} turns, the longest ${Math.max(...this.#took).toFixed(1)} ms`;
  }
}

/** A scheduler of nodes that have two cores left, and of pods that want three. */
function fullCluster(pods: number, templates: number): { scheduling: Scheduling; running: readonly StoredPod[] } {
  const scheduling = new Scheduling('default-scheduler', policyOf(DEFAULT_POLICY));
  const running = Array.from({ length: 2 * EVENTS }, (_, i) =>
    aPod(`r${i}`, { nodeName: `n${i}`, requests: { cpu: '1' } }),
  );
  const containers = Array.from({ length: templates }, (_, i) => [
    { name: 'c', resources: { requests: { cpu: '3', memory: `${i + 1}Ki` } } },
  ]);
  scheduling.apply([
    ...Array.from({ length: NODES }, (_, i) =>
      applied('nodes', undefined, aNode(`n${i}`, { allocatable: { cpu: '2500m' } })),
    ),
    ...running.map((pod) => applied('pods', undefined, pod)),
    ...Array.from({ length: pods }, (_, i) =>
      applied('pods', undefined, aPod(`p${i}`, { containers: containers[i % templates] ?? [] })),
    ),
  ]);
  while (scheduling.decide(1, 256) !== undefined);
  return { scheduling, running };
}

/** As the scheduler's cycle goes on with what an event has begun. */
function lookOn(scheduling: Scheduling, turns: Turns): void {
  while (scheduling.hasMore && scheduling.counts.active === 0) turns.take(() => scheduling.decide(1, 256));
}

/** What events cost a scheduler with so many pods that fit nowhere: from ten templates, and each from one of its own. The figures for people. */
export function measurePending(pods: number): void {
  for (const templates of [10, pods]) {
    const { scheduling, running } = fullCluster(pods, templates);
    const gone = running.map((pod): AppliedEvent => applied('pods', pod, undefined));
    const [apart, together, helped] = [new Turns(), new Turns(), new Turns()];
    for (const event of gone.slice(0, EVENTS)) {
      apart.take(() => scheduling.apply([event]));
      lookOn(scheduling, apart);
    }
    together.take(() => scheduling.apply(gone.slice(EVENTS)));
    lookOn(scheduling, together);
    const large = aNode('large', { allocatable: { cpu: '64k' } });
    helped.take(() => scheduling.apply([applied('nodes', undefined, large)]));
    while (scheduling.counts.unschedulable > 0) helped.take(() => scheduling.apply([]));
    process.stdout.write(
      `  ${pods} pods from ${templates} templates fit on none of ${NODES} nodes; processor time\n` +
        `    ${EVENTS} pods end, one by one: ${apart.toString()}\n` +
        `    ${EVENTS} pods end at once: ${together.toString()}\n` +
        `    a node comes that takes them all: ${helped.toString()}\n`,
    );
  }
}
