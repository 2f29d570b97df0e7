import type { ItemResult } from '@shiplog/contracts';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import * as fc from 'fast-check';
import type { ClusterView } from '../cluster-view';
import { decideAgain, decideBatch, type AssumedBinding, type AssumedPreemption } from '../decide';
import { explain } from '../explain';
import { podFacts } from '../facts/pod-facts';
import { policyOf, type Policy } from '../policy';
import { wantsNode } from '../queue';
import { Scheduling, type PreemptionItem } from '../scheduling';
import { aBudget, aNode, aPod, applied, viewOf, type PodTraits } from '../testing/builders';
import { couldMakeRoom } from './preempt';

const policy = policyOf('default/3');
/** The same without the short cut: every pod of lower priority leaves, then each is asked back. */
const atLength: Policy = { ...policy, filters: policy.filters.map((filter) => ({ ...filter, isMonotone: undefined })) };

const port = (hostPort: number) => ({ name: 'c', ports: [{ containerPort: 80, hostPort }] });
const traits: fc.Arbitrary<PodTraits> = fc.record(
  {
    requests: fc.record({ cpu: fc.constantFrom('1', '2', '3') }),
    priority: fc.integer({ min: 0, max: 4 }),
    labels: fc.constantFrom({ app: 'web' }, { app: 'db' }),
    startTime: fc.constantFrom('2024-01-01T00:01:00Z', '2024-01-01T00:02:00Z'),
    preemptionPolicy: fc.oneof(
      { weight: 1, arbitrary: fc.constant('Never') },
      { weight: 9, arbitrary: fc.constant('PreemptLowerPriority') },
    ),
    nominated: fc.constantFrom('n0', 'n1'),
    containers: fc.constantFrom(80, 81).map((hostPort) => [port(hostPort)]),
  },
  { requiredKeys: ['priority'] },
);
const cluster = fc.record({
  placed: fc.array(fc.tuple(fc.nat({ max: 2 }), traits), { maxLength: 12 }),
  waiting: fc.array(traits, { minLength: 1, maxLength: 4 }),
  budgets: fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 })),
  seed: fc.nat(),
});
const nodes = [aNode('n0'), aNode('n1', { allocatable: { cpu: '3' } }), aNode('n2', { unschedulable: true })];

function objectsOf({ placed, waiting, budgets: [web, db] }: typeof cluster extends fc.Arbitrary<infer T> ? T : never) {
  const pods = placed.map(([node, { nominated: _, ...spec }], i) => aPod(`on-${i}`, { ...spec, nodeName: `n${node}` }));
  const pending = waiting.map((spec, i) => aPod(`waits-${i}`, spec));
  return { pods, pending, budgets: [aBudget('web', web), aBudget('db', db)] };
}

const sumsOf = (view: ClusterView) =>
  view.snapshot().nodes.map(({ name, podCount, requested, pods }) => ({
    name,
    podCount,
    requested: Object.fromEntries([...requested].sort()),
    pods: pods.below(Infinity).map(({ uid }) => uid),
  }));

describe('whatever pods there are', () => {
  it('only less important ones go, for pods that fit nowhere and do so then; the short cut changes nothing, nor does another try', () => {
    let evicting = 0;
    fc.assert(
      fc.property(cluster, (drawn) => {
        const { pods, pending, budgets } = objectsOf(drawn);
        const view = viewOf(nodes, [...pods, ...pending], { budgets });
        const before = sumsOf(view);
        const verdicts = decideBatch(view.snapshot(), pending.map(podFacts), drawn.seed, policy);
        expect(sumsOf(view)).toEqual(before);
        expect(decideBatch(view.snapshot(), pending.map(podFacts), drawn.seed, atLength)).toEqual(verdicts);
        const bound: AssumedBinding[] = [];
        const preempted: AssumedPreemption[] = [];
        for (const verdict of verdicts) if (verdict.outcome === 'fits') bound.push(verdict);
        for (const verdict of verdicts) {
          if (verdict.outcome !== 'preempts') continue;
          evicting += 1;
          const { pod, node, victims, decision } = verdict;
          expect(victims.filter(({ priority }) => priority >= pod.priority)).toEqual([]);
          expect(explain(view.snapshot(), pod, policy).filter(({ score }) => score !== undefined)).toEqual([]);
          const again = decideAgain(view.snapshot(), [], podFacts(structuredClone(pod.pod)), decision, preempted);
          expect(again).toEqual(decision);
          const gone = new Set([...victims].map(({ uid }) => uid));
          const left = pods.filter(({ metadata }) => !gone.has(metadata.uid));
          const came = bound.map((item) => ({ ...item.pod.pod, spec: { ...item.pod.pod.spec!, nodeName: item.node } }));
          const there = explain(viewOf(nodes, [...left, ...came], { budgets }).snapshot(), pod, policy);
          // Its points don't tell: one for which room is made elsewhere is rated there alone.
          const refusals = there.find((item) => item.node === node)?.refusals ?? { gone: ['gone'] };
          expect(Object.values(refusals).flat()).toEqual([]);
          preempted.push(verdict);
        }
      }),
      { numRuns: 120 },
    );
    expect(evicting).toBeGreaterThan(20);
  });

  it('a budget is overdrawn only where every node would do so', () => {
    fc.assert(
      fc.property(cluster, (drawn) => {
        const { pods, pending, budgets } = objectsOf(drawn);
        const [pod] = pending.map(podFacts);
        const on = (some: readonly StoredNode[]) =>
          decideBatch(viewOf(some, [...pods, ...pending], { budgets }).snapshot(), [pod!], drawn.seed, policy)[0];
        const violationsOf = (verdict: ReturnType<typeof on>) =>
          verdict?.outcome === 'preempts' ? verdict.decision.preemption?.violations : undefined;
        const all = violationsOf(on(nodes));
        if (all === undefined) return;
        const alone = nodes.map((node) => violationsOf(on([node]))).filter((count) => count !== undefined);
        expect(all).toBe(Math.min(...alone));
      }),
      { numRuns: 100 },
    );
  });
});

type Step =
  | { do: 'create'; traits: PodTraits }
  | { do: 'delete' | 'end'; pick: number }
  | { do: 'remove node' }
  | { do: 'schedule'; seed: number; refuse: number };
const pick = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('create' as const), traits }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'end' as const), pick }) },
  { weight: 1, arbitrary: fc.constant({ do: 'remove node' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('schedule' as const), seed: fc.nat(), refuse: fc.nat({ max: 9 }) }),
  },
);

/** A cluster whose journal does most of what its scheduler asks for; pods that are to go end when a step says so. */
class World {
  readonly nodes = new Map(nodes.map((node) => [node.metadata.name, node]));
  readonly pods = new Map<string, StoredPod>();
  readonly scheduling = new Scheduling('default-scheduler', policy);
  #position = 0;

  constructor() {
    for (const node of nodes) this.scheduling.apply([applied('nodes', undefined, node, ++this.#position)]);
  }

  get view(): ClusterView {
    return viewOf([...this.nodes.values()], [...this.pods.values()]);
  }

  run(item: Step): void {
    const some = [...this.pods.values()].filter(({ metadata }) => item.do !== 'end' || metadata.deletionTimestamp);
    const chosen = 'pick' in item ? some[item.pick % Math.max(some.length, 1)] : undefined;
    switch (item.do) {
      case 'create':
        return this.#set(aPod(`p${this.#position}`, { ...item.traits, nominated: undefined }));
      case 'delete':
      case 'end':
        if (chosen !== undefined) this.#delete(chosen);
        return;
      case 'remove node':
        this.nodes.delete('n1');
        return this.scheduling.apply([applied('nodes', nodes[1], undefined, ++this.#position)]);
      case 'schedule':
        return this.#schedule(item);
    }
  }

  #set(pod: StoredPod): void {
    const before = this.pods.get(pod.metadata.uid);
    this.pods.set(pod.metadata.uid, pod);
    this.scheduling.apply([applied('pods', before, pod, ++this.#position)]);
  }

  #delete(pod: StoredPod): void {
    this.pods.delete(pod.metadata.uid);
    this.scheduling.apply([applied('pods', pod, undefined, ++this.#position)]);
  }

  #schedule({ seed, refuse }: Extract<Step, { do: 'schedule' }>): void {
    const proposal = this.scheduling.decide(seed, 8);
    if (proposal === undefined) return;
    const results = (items: readonly unknown[]) =>
      items.map((_, i): ItemResult => (i === refuse ? { ok: false, status: {} } : { ok: true, position: 1 }));
    proposal.bindings.forEach(({ uid, node }, i) => {
      const pod = this.pods.get(uid)!;
      if (i !== refuse) this.#set({ ...pod, spec: { ...pod.spec!, nodeName: node } });
    });
    proposal.preemptions.forEach((item, i) => {
      if (i !== refuse) this.#preempt(item);
    });
    for (const { uid, losesNomination } of proposal.marks) {
      const pod = this.pods.get(uid)!;
      if (losesNomination === true) this.#set({ ...pod, status: { phase: 'Pending' } });
    }
    this.scheduling.settle(proposal.bindings, results(proposal.bindings));
    this.scheduling.settle(proposal.preemptions, results(proposal.preemptions));
  }

  #preempt({ uid, node, victims, outranked }: PreemptionItem): void {
    const pod = this.pods.get(uid)!;
    this.#set({ ...pod, status: { ...pod.status, nominatedNodeName: node } });
    for (const other of outranked) {
      const { nominatedNodeName: _, ...status } = this.pods.get(other.uid)!.status!;
      this.#set({ ...this.pods.get(other.uid)!, status });
    }
    for (const victim of victims) {
      const { metadata, spec, status } = this.pods.get(victim.uid)!;
      const { metadata: ended, status: marked } = aPod('x', { preempted: true });
      const deletionTimestamp = ended.deletionTimestamp;
      const conditions = marked?.conditions;
      this.#set({ ...pod, metadata: { ...metadata, deletionTimestamp }, spec, status: { ...status, conditions } });
    }
  }
}

describe('whatever happens in whatever order', () => {
  it('leaves no pod waiting for which there is room, or could be made', () => {
    let nominated = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (history) => {
        const world = new World();
        for (const item of history) world.run(item);
        // Less than it takes until a pod is looked at again though nothing happened.
        for (let round = 0; round < 14; round++) {
          nominated += [...world.pods.values()].filter(({ status }) => status?.nominatedNodeName).length;
          while ([...world.pods.values()].some(({ metadata }) => metadata.deletionTimestamp)) {
            world.run({ do: 'end', pick: round });
          }
          world.scheduling.tick(round * 20_000);
          world.run({ do: 'schedule', seed: round, refuse: 99 });
        }
        const snapshot = world.view.snapshot();
        for (const pod of [...world.pods.values()].filter((item) => wantsNode(item, 'default-scheduler'))) {
          const facts = podFacts(pod);
          expect(explain(snapshot, facts, policy).filter(({ score }) => score !== undefined)).toEqual([]);
          const open = snapshot.nodes.filter((node) => couldMakeRoom(facts, node, snapshot, policy));
          expect(open.map(({ name }) => name)).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
    expect(nominated).toBeGreaterThan(10);
  });
});
