import { changesBetween, ClusterState, ViewFold, type AppliedEvent } from '@shiplog/cluster';
import {
  KNOWN_FILTERS,
  SCHEDULER_VIEW,
  type Affinity,
  type EventData,
  type ItemResult,
  type LabelSelector,
  type ObjectOf,
  type PodAffinityTerm,
  type TopologySpreadConstraint,
  type SchedulingPolicySpec,
} from '@shiplog/contracts';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import * as fc from 'fast-check';
import { guardedEvent } from '../../cluster/src/testing/guarded';
import { ClusterView } from './cluster-view';
import { decideAgain, type AssumedBinding } from './decide';
import { explain } from './explain';
import type { NodeFacts } from './facts/node-facts';
import { podFacts } from './facts/pod-facts';
import { PolicyMismatch, type StoredNamespace } from './policies/policy-index';
import type { StoredPolicy } from './policies/user-policy';
import { policyOf } from './policy';
import { wantsNode } from './queue';
import { podTopologySpread, preferredTopologySpread } from './rules/pod-topology-spread';
import { interPodAffinity, preferredInterPodAffinity } from './rules/inter-pod-affinity';
import { Scheduling, type Binding } from './scheduling';
import {
  aNamespace,
  aNode,
  aPod,
  aPolicy,
  applied,
  podWith,
  viewOf,
  type NodeTraits,
  type PodTraits,
} from './testing/builders';

const policy = policyOf('default/3');
/** One of twenty: pods that this scheduler does not look at should not be most of them. */
const seldom = <T>(value: T, otherwise: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 19, arbitrary: fc.constant(otherwise) });
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const labels = fc.constantFrom<Record<string, string>[]>({ app: 'web' }, { app: 'db' }, { app: 'web', tier: 'back' });
/** Other pods, near and far. */
const term: fc.Arbitrary<PodAffinityTerm> = fc.record({
  labelSelector: fc.constantFrom(
    { matchLabels: { app: 'web' } },
    { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }] },
    { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
  ),
  topologyKey: fc.constantFrom('zone', 'rack'),
  namespaceSelector: seldom<LabelSelector | undefined>({ matchLabels: { team: 'x' } }, undefined),
});
const terms = fc.array(term, { minLength: 1, maxLength: 2 });
const weighted = term.map((podAffinityTerm) => [{ weight: 5, podAffinityTerm }]);
const amongPods: fc.Arbitrary<Affinity> = fc.oneof(
  terms.map((all) => ({ podAntiAffinity: { [REQUIRED]: all } })),
  terms.map((all) => ({ podAffinity: { [REQUIRED]: all } })),
  weighted.map((all) => ({ podAffinity: { [PREFERRED]: all } })),
  weighted.map((all) => ({ podAntiAffinity: { [PREFERRED]: all } })),
);
const spreading: fc.Arbitrary<TopologySpreadConstraint[]> = fc
  .record({
    maxSkew: fc.constantFrom(1, 2),
    topologyKey: fc.constantFrom('zone', 'rack'),
    labelSelector: fc.constantFrom({ matchLabels: { app: 'web' } }, { matchLabels: { app: 'db' } }),
    whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'DoNotSchedule', 'ScheduleAnyway'),
    nodeAffinityPolicy: seldom<string | undefined>('Ignore', undefined),
    nodeTaintsPolicy: fc.constantFrom('Honor', undefined),
  })
  .map((constraint) =>
    constraint.whenUnsatisfiable === 'DoNotSchedule' ? [{ ...constraint, minDomains: 2 }] : [constraint],
  );
const POLICY_NAMES = ['packing', 'loose'];
const podTraits: fc.Arbitrary<PodTraits> = fc.record(
  {
    requests: fc.record(
      {
        cpu: fc.constantFrom('0', '300m', '1', '2500m'),
        memory: fc.constantFrom('1Gi', '3Gi'),
        'x.io/gpu': fc.constant('1'),
      },
      { requiredKeys: [] },
    ),
    owner: fc.constantFrom('web', 'db'),
    priority: fc.integer({ min: 0, max: 2 }),
    nodeSelector: fc.constant({ zone: 'a' }),
    tolerations: fc.constant([{ operator: 'Exists' }]),
    labels,
    topologySpreadConstraints: spreading,
    namespace: seldom('other', 'default'),
    affinity: fc.oneof(
      amongPods,
      fc.constant<Affinity>({
        nodeAffinity: {
          [PREFERRED]: [{ weight: 1, preference: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] } }],
        },
      }),
    ),
    initContainers: fc
      .constantFrom('Always', undefined)
      .map((restartPolicy) => [{ name: 'i', restartPolicy, resources: { requests: { cpu: '600m' } } }]),
    resources: fc.constant({ requests: { memory: '2Gi' } }),
    overhead: fc.constant({ cpu: '200m' }),
    schedulingGates: seldom([{ name: 'later' }], []),
    schedulerName: seldom('another', 'default-scheduler'),
    message: fc.constantFrom('0/1 nodes are available: 1 Too many pods.', 'no nodes available to schedule pods'),
    deleting: seldom(true, false),
    age: fc.integer({ min: 0, max: 2 }),
    policy: fc.constantFrom(...POLICY_NAMES, 'default'),
    containers: fc
      .constantFrom('', '10.0.0.1')
      .map((hostIP) => [{ name: 'c', image: 'web', ports: [{ containerPort: 80, hostPort: 80, hostIP }] }]),
  },
  { requiredKeys: [] },
);
const nodeTraits: fc.Arbitrary<NodeTraits> = fc.record(
  {
    unschedulable: fc.boolean(),
    labels: fc.constantFrom<Record<string, string>[]>(
      { zone: 'a' },
      { zone: 'a', rack: '1' },
      { zone: 'b', rack: '1' },
      { zone: 'b', rack: '2' },
    ),
    images: fc.constantFrom('500', '1000').map((mb) => [{ names: ['web:latest'], sizeBytes: Number(mb) * 2 ** 20 }]),
    taints: fc.constantFrom([{ key: 'k', effect: 'NoSchedule' }], [{ key: 'k', effect: 'PreferNoSchedule' }]),
    allocatable: fc.record(
      { cpu: fc.constantFrom('1', '8'), pods: fc.constantFrom('1', '3'), 'x.io/gpu': fc.constant('1') },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

type Step =
  | { do: 'create'; traits: PodTraits }
  | { do: 'delete' | 'terminate' | 'finish'; pick: number }
  | { do: 'label'; pick: number; labels: Record<string, string> }
  | { do: 'namespace'; labels: Record<string, string> }
  | { do: 'node'; pick: number; traits: NodeTraits }
  | { do: 'remove node'; pick: number }
  | { do: 'policy'; name: string; spec: SchedulingPolicySpec | undefined }
  | { do: 'choose'; policy: string | undefined }
  | { do: 'schedule'; seed: number; limit: number; refuse: number };
const score = fc.record({
  name: fc.constantFrom('NodeResourcesMostAllocated', 'SpreadByOwner', 'PreferUntainted'),
  weight: fc.integer({ min: 0, max: 3 }),
});
const policySpec: fc.Arbitrary<SchedulingPolicySpec> = fc.record(
  {
    filters: fc.constantFrom(
      KNOWN_FILTERS.flatMap((filter) => ('neededBecause' in filter ? [filter.name] : [])),
      KNOWN_FILTERS.map(({ name }) => name),
    ),
    scores: fc.uniqueArray(score, { selector: ({ name }) => name }),
    percentageOfNodesToScore: fc.constantFrom(0, 50),
  },
  { requiredKeys: [] },
);
const pick = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), traits: podTraits }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'terminate' as const, 'finish' as const), pick }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('label' as const), pick, labels }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('namespace' as const),
      labels: fc.constantFrom({ team: 'x' }, { team: 'y' }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('node' as const), pick: fc.nat({ max: 4 }), traits: nodeTraits }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove node' as const), pick: fc.nat({ max: 4 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('policy' as const),
      name: fc.constantFrom(...POLICY_NAMES),
      spec: fc.option(policySpec, { freq: 4, nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('choose' as const),
      policy: fc.constantFrom(...POLICY_NAMES, undefined),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      seed: fc.nat(),
      limit: fc.integer({ min: 1, max: 8 }),
      refuse: fc.nat({ max: 8 }),
    }),
  },
);

/** The same as a scheduler hears it: of each object that part which its projection keeps, and no more. */
class Projected {
  readonly #state = new ClusterState(new Map(), new ViewFold(SCHEDULER_VIEW).fold);

  apply({ event, before, after }: AppliedEvent): AppliedEvent {
    const applied = this.#state.apply({ ...event, ...eventOf(before, after) } as AppliedEvent['event']);
    return guardedEvent(SCHEDULER_VIEW, applied);
  }
}

function eventOf(before: AppliedEvent['before'], after: AppliedEvent['after']): { fact: string; data: EventData } {
  if (after === undefined) return { fact: 'Deleted', data: {} };
  if (before === undefined) return { fact: 'Created', data: { object: after } };
  return { fact: 'SpecChanged', data: { changes: changesBetween(before, after) } };
}

function withMetadata(pod: StoredPod, metadata: Partial<StoredPod['metadata']>): StoredPod {
  return { ...pod, metadata: { ...pod.metadata, ...metadata } };
}

/** A cluster of plain maps that a scheduler works for, with a journal that accepts most of what it proposes. */
class World {
  readonly nodes = new Map<string, StoredNode>();
  readonly pods = new Map<string, StoredPod>();
  readonly namespaces = new Map<string, StoredNamespace>();
  readonly policies = new Map<string, StoredPolicy>();
  readonly scheduling = new Scheduling('default-scheduler', policy);
  readonly #projected = new Projected();
  /** Decides on what is kept of the objects. */
  readonly #onView = new Scheduling('default-scheduler', policy);
  readonly trace: unknown[] = [];
  #position = 0;
  #now = 0;

  run(item: Step): void {
    const pods = [...this.pods.values()];
    const chosen = 'pick' in item ? pods[item.pick % Math.max(pods.length, 1)] : undefined;
    switch (item.do) {
      case 'create':
        return this.setPod(undefined, aPod(`p${this.#position}`, item.traits));
      case 'delete':
        if (chosen !== undefined) this.#deletePod(chosen);
        return;
      case 'terminate':
        if (chosen !== undefined)
          this.setPod(chosen, withMetadata(chosen, { deletionTimestamp: '2024-01-01T00:00:00Z' }));
        return;
      case 'label':
        if (chosen !== undefined) this.setPod(chosen, withMetadata(chosen, { labels: item.labels }));
        return;
      case 'namespace':
        return this.#setNamespace(aNamespace('other', item.labels));
      case 'finish':
        if (chosen !== undefined) this.setPod(chosen, { ...chosen, status: { phase: 'Failed' } });
        return;
      case 'node':
        return this.#setNode(aNode(`n${item.pick}`, item.traits));
      case 'remove node':
        return this.#removeNode(`n${item.pick}`);
      case 'policy':
        return this.#setPolicy(item.name, item.spec);
      case 'choose':
        return this.#setNamespace(aNamespace('default', {}, item.policy));
      case 'schedule':
        return this.#schedule(item);
    }
  }

  setPod(before: StoredPod | undefined, after: StoredPod): void {
    this.pods.set(after.metadata.uid, after);
    this.#tell(applied('pods', before, after, ++this.#position));
  }

  #deletePod(pod: StoredPod): void {
    this.pods.delete(pod.metadata.uid);
    this.#tell(applied('pods', pod, undefined, ++this.#position));
  }

  #setNode(node: StoredNode): void {
    const before = this.nodes.get(node.metadata.name);
    this.nodes.set(node.metadata.name, node);
    this.#tell(applied('nodes', before, node, ++this.#position));
  }

  #setNamespace(namespace: ObjectOf<'namespaces'>): void {
    const before = this.namespaces.get(namespace.metadata.name);
    this.namespaces.set(namespace.metadata.name, namespace);
    this.#tell(applied('namespaces', before, namespace, ++this.#position));
  }

  #removeNode(name: string): void {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    this.nodes.delete(name);
    this.#tell(applied('nodes', node, undefined, ++this.#position));
  }

  /** Made, changed to another version, or removed: one that comes again begins with version 1. */
  #setPolicy(name: string, spec: SchedulingPolicySpec | undefined): void {
    const before = this.policies.get(name);
    if (spec === undefined && before === undefined) return;
    const generation = (before?.metadata.generation ?? 0) + 1;
    const uid = before?.metadata.uid ?? `uid-${this.#position}`;
    const after = spec === undefined ? undefined : aPolicy(name, spec, generation, uid);
    if (after === undefined) this.policies.delete(name);
    else this.policies.set(name, after);
    this.#tell(applied('schedulingpolicies.scheduling.shiplog.dev', before, after, ++this.#position));
  }

  /** The cluster as it is, with other pods. */
  view(pods: Iterable<StoredPod> = this.pods.values()): ClusterView {
    const [namespaces, policies] = [[...this.namespaces.values()], [...this.policies.values()]];
    return viewOf([...this.nodes.values()], [...pods], { namespaces, policies });
  }

  #tell(item: AppliedEvent): void {
    this.scheduling.apply([item]);
    this.#onView.apply([this.#projected.apply(item)]);
  }

  #schedule({ seed, limit, refuse }: Extract<Step, { do: 'schedule' }>): void {
    // A second each time: whoever rests is done before a history ends, and nobody has waited so long that no event is needed.
    this.#now += 1_000;
    for (const scheduling of [this.scheduling, this.#onView]) scheduling.tick(this.#now);
    const proposal = this.scheduling.decide(seed, limit);
    expect(this.#onView.decide(seed, limit)).toEqual(proposal);
    if (proposal === undefined) return;
    this.trace.push(proposal);
    const basis = this.view();
    proposal.bindings.forEach((binding, i) => this.#verify(basis, proposal.bindings.slice(0, i), binding));
    const results = proposal.bindings.map((binding, i): ItemResult => {
      if (i === refuse) return { ok: false, status: { reason: 'Conflict' } };
      const pod = this.pods.get(binding.uid)!;
      this.setPod(pod, { ...pod, spec: { ...pod.spec!, nodeName: binding.node } });
      return { ok: true, position: this.#position };
    });
    for (const scheduling of [this.scheduling, this.#onView]) scheduling.settle(proposal.bindings, results);
  }

  /** The node takes the pod beside those bound before it, and the recorded decision can be made again. */
  #verify(basis: ClusterView, before: readonly Binding[], binding: Binding): void {
    const pod = podFacts(this.pods.get(binding.uid)!);
    const assumed: AssumedBinding[] = before.map(({ uid, node }) => ({ pod: podFacts(this.pods.get(uid)!), node }));
    const recorded = binding.decision!;
    expect(decideAgain(basis.snapshot(), assumed, pod, recorded)).toEqual(recorded);
    const altered = { ...recorded, ...(recorded.policyHash === undefined ? {} : { policyHash: 'another' }) };
    if (altered.policyHash !== undefined)
      expect(() => decideAgain(basis.snapshot(), assumed, pod, altered)).toThrow(PolicyMismatch);
    const there = this.view(
      [...this.pods.values()].map((item) => {
        const node = before.find(({ uid }) => uid === item.metadata.uid)?.node;
        return node === undefined ? item : { ...item, spec: { ...item.spec!, nodeName: node } };
      }),
    );
    const decider = there.policies.policyFor(pod.pod, policy);
    const verdict = explain(there.snapshot(), pod, decider).find(({ node }) => node === binding.node);
    expect(Object.values(verdict?.refusals ?? { gone: ['gone'] }).flat()).toEqual([]);
  }
}

function sums(node: NodeFacts): unknown {
  const { name, podCount, likelyUse, hostPorts } = node;
  const owners = ['web', 'db'].map((owner) => node.podsOfOwner(owner));
  const taken = ['0.0.0.0', '10.0.0.1'].map((address) => hostPorts.conflicts({ port: 80, protocol: 'TCP', address }));
  return { name, podCount, likelyUse, owners, taken, requested: Object.fromEntries([...node.requested].sort()) };
}

/** Of each kind of pod, which nodes the rules between pods refuse it, and what they say of the others. */
function seen(view: ClusterView): unknown {
  const cluster = view.snapshot();
  const term: PodAffinityTerm = {
    labelSelector: { matchLabels: { app: 'web' } },
    namespaceSelector: { matchLabels: { team: 'x' } },
    namespaces: ['default'],
    topologyKey: 'zone',
  };
  const kinds: PodTraits[] = [
    { labels: { app: 'web' } },
    { labels: { app: 'db' }, namespace: 'other' },
    {
      topologySpreadConstraints: ['DoNotSchedule', 'ScheduleAnyway'].map((whenUnsatisfiable) => ({
        whenUnsatisfiable,
        topologyKey: 'zone',
        maxSkew: 1,
        labelSelector: term.labelSelector!,
      })),
    },
    { affinity: { podAntiAffinity: { [REQUIRED]: [term] } } },
    { affinity: { podAffinity: { [REQUIRED]: [term], [PREFERRED]: [{ weight: 3, podAffinityTerm: term }] } } },
  ];
  const slots = Int32Array.from(cluster.nodes.keys());
  return kinds
    .map((traits) => podWith(traits))
    .map((pod) => {
      const checks = [interPodAffinity, podTopologySpread].map((rule) => rule.check(pod, cluster));
      const rates = [preferredInterPodAffinity, preferredTopologySpread].map((rule) => rule.rate(pod, cluster, slots));
      return cluster.nodes.map((node) => [
        node.name,
        checks.map((check) => check?.(node)),
        rates.map((rate) => rate?.(node)),
      ]);
    });
}

const histories = fc.array(step, { maxLength: 60, size: 'max' });
const runs = { numRuns: 150 };
const play = (history: readonly Step[]): World => {
  const world = new World();
  for (const item of history) world.run(item);
  return world;
};

describe('whatever happens in whatever order', () => {
  it('never binds to a node that a rule refuses, each decision can be made again, and is the same on what is kept of the objects', () => {
    fc.assert(
      fc.property(histories, (history) => void play(history)),
      runs,
    );
  });

  it('decides the same when the same happens again', () => {
    fc.assert(
      fc.property(histories, (history) => expect(play(history).trace).toEqual(play(history).trace)),
      runs,
    );
  });

  it('keeps a view that equals one made afresh', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = play(history);
        const live = new ClusterView();
        const told = [...world.pods.values()];
        // Asked for before anything is there: counted from then on.
        seen(live);
        for (const pod of told) live.setPod(aPod(pod.metadata.name, { requests: { cpu: '7' }, nodeName: 'n1' }));
        for (const node of world.nodes.values()) live.setNode(node);
        for (const pod of told) live.setPod(pod);
        for (const pod of told.slice(0, 3)) live.removePod(pod.metadata.uid);
        for (const [name, namespace] of world.namespaces) live.setNamespace(name, namespace);
        const fresh = viewOf([...world.nodes.values()], told.slice(3), { namespaces: [...world.namespaces.values()] });
        expect(live.snapshot().nodes.map(sums)).toEqual(fresh.snapshot().nodes.map(sums));
        expect(seen(live)).toEqual(seen(fresh));
      }),
      runs,
    );
  });

  it('leaves no pod without a node that fits on one: each is bound, or waits because all nodes refuse it', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = play(history);
        for (let round = 0; round < 80; round++) world.run({ do: 'schedule', seed: round, limit: 8, refuse: 99 });
        const view = world.view();
        for (const pod of world.pods.values()) {
          if (!wantsNode(pod, 'default-scheduler')) continue;
          const decider = view.policies.policyFor(pod, policy);
          for (const { refusals } of explain(view.snapshot(), podFacts(pod), decider)) {
            expect(Object.values(refusals).flat()).not.toEqual([]);
          }
        }
      }),
      runs,
    );
  });
});
