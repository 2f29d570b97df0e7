import type { AppliedEvent } from '@shiplog/cluster';
import type { ObjectOf, PodAffinityTerm } from '@shiplog/contracts';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import { policyOf } from './policy';
import { Scheduling } from './scheduling';
import { aNamespace, aNode, aPod, applied, type PodTraits } from './testing/builders';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const about = (traits: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  labelSelector: { matchLabels: { app: 'web' } },
  topologyKey: 'zone',
  ...traits,
});
const near = (traits?: Partial<PodAffinityTerm>) => ({ affinity: { podAffinity: { [REQUIRED]: [about(traits)] } } });
const far = (traits?: Partial<PodAffinityTerm>) => ({ affinity: { podAntiAffinity: { [REQUIRED]: [about(traits)] } } });
const nodeIn = (name: string, zone: string) => aNode(name, { labels: { zone } });

type Anything = StoredPod | StoredNode | ObjectOf<'namespaces'>;
const came = (object: Anything): AppliedEvent => change(undefined, object);
function change(before: Anything | undefined, after: Anything | undefined): AppliedEvent {
  const kind = (after ?? before)?.kind;
  const resource = kind === 'Pod' ? 'pods' : kind === 'Node' ? 'nodes' : 'namespaces';
  return applied(resource, before, after, 50);
}

/** Whether a pod that no node takes is looked at again after an event, and what came of it. */
function afterwards(cluster: Anything[], waiting: PodTraits, event: AppliedEvent): 'waits on' | 'in vain' | 'bound' {
  const scheduling = new Scheduling('default-scheduler', policyOf('default/3'));
  scheduling.apply([...cluster, aPod('waiting', waiting)].map(came));
  expect(scheduling.decide(1, 10)?.bindings).toEqual([]);
  scheduling.apply([event]);
  const proposal = scheduling.decide(1, 10);
  if (proposal === undefined) return 'waits on';
  return proposal.bindings.length === 0 ? 'in vain' : 'bound';
}

const web = aPod('web', { labels: { app: 'web' }, nodeName: 'a' });
const guard = aPod('guard', { ...far(), nodeName: 'a' });
const zoned = nodeIn('a', '1');
const plain = aNode('a');

describe('a pod that InterPodAffinity refuses', () => {
  it.each<[string, Anything[], PodTraits, AppliedEvent]>([
    ['whom it must be near is placed', [zoned], near(), change(aPod('web', { labels: { app: 'web' } }), web)],
    ['whom it must be near comes with its node', [zoned], near(), came(web)],
    [
      'gets the label that it looks for',
      [zoned, aPod('web', { nodeName: 'a' })],
      near(),
      change(aPod('web', { nodeName: 'a' }), web),
    ],
    ['whom it must be far from goes', [zoned, web], far(), change(web, undefined)],
    [
      'whom it must be far from ends',
      [zoned, web],
      far(),
      change(web, aPod('web', { labels: { app: 'web' }, nodeName: 'a', phase: 'Succeeded' })),
    ],
    ['whom it must be far from loses its label', [zoned, web], far(), change(web, aPod('web', { nodeName: 'a' }))],
    ['that keeps it off goes', [zoned, guard], { labels: { app: 'web' } }, change(guard, undefined)],
    [
      'of its group goes that was in no place for it',
      [
        zoned,
        aNode('b', { labels: { zone: '2' }, unschedulable: true }),
        { ...web, spec: { ...web.spec!, nodeName: 'b' } },
      ],
      { ...near(), labels: { app: 'web' } },
      change({ ...web, spec: { ...web.spec!, nodeName: 'b' } }, undefined),
    ],
  ])('comes back when a pod %s', (_, cluster, waiting, event) => {
    expect(afterwards(cluster, waiting, event)).toBe('bound');
  });

  it.each<[string, Anything[], PodTraits, AppliedEvent]>([
    ['a node gets the label', [plain, web], near(), change(plain, zoned)],
    [
      'the node goes that whom it must be far from is on',
      [zoned, nodeIn('b', '1'), web],
      far(),
      change(zoned, undefined),
    ],
    [
      'a namespace gets the labels',
      [zoned, aNamespace('n', {}), { ...web, metadata: { ...web.metadata, namespace: 'n' } }],
      near({ namespaceSelector: { matchLabels: { team: 'x' } } }),
      change(aNamespace('n', {}), aNamespace('n', { team: 'x' })),
    ],
  ])('comes back when %s', (_, cluster, waiting, event) => {
    expect(afterwards(cluster, waiting, event)).toBe('bound');
  });

  it.each<[string, Anything[], PodTraits, AppliedEvent]>([
    ['another pod is placed', [zoned], near(), came(aPod('db', { labels: { app: 'db' }, nodeName: 'a' }))],
    [
      'such a pod is placed in another namespace',
      [zoned],
      near(),
      came(aPod('web', { labels: { app: 'web' }, nodeName: 'a', namespace: 'n' })),
    ],
    [
      'one more comes that it must be far from',
      [zoned, web],
      far(),
      came(aPod('web2', { labels: { app: 'web' }, nodeName: 'a' })),
    ],
  ])('waits on when %s', (_, cluster, waiting, event) => {
    expect(afterwards(cluster, waiting, event)).toBe('waits on');
  });

  it('comes back when its own labels change', () => {
    const waiting = aPod('waiting', { labels: { app: 'web' } });
    expect(afterwards([zoned, guard], { labels: { app: 'web' } }, change(waiting, aPod('waiting')))).toBe('bound');
  });
});

describe('a pod that PodTopologySpread refuses', () => {
  const spread: PodTraits = {
    labels: { app: 'web' },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
        nodeTaintsPolicy: 'Honor',
      },
    ],
  };
  /** Zone 2 is empty, and its node takes no pods of ours. */
  const full = aNode('b', { labels: { zone: '2' }, unschedulable: true });
  const webOn = (node: string) => aPod('other', { labels: { app: 'web' }, nodeName: node });

  it.each<[string, AppliedEvent]>([
    ['one comes to the emptiest domain', came(webOn('b'))],
    ['one goes from the fullest', change(web, undefined)],
    [
      'one of the fullest is being deleted',
      change(web, aPod('web', { labels: { app: 'web' }, nodeName: 'a', deleting: true })),
    ],
    ['one of the fullest loses the label', change(web, aPod('web', { nodeName: 'a' }))],
    ['the emptiest domain goes', change(full, undefined)],
    ['the emptiest domain is no more one', change(full, aNode('b', { unschedulable: true }))],
    [
      'the emptiest domain is tainted',
      change(
        full,
        aNode('b', { labels: { zone: '2' }, unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] }),
      ),
    ],
  ])('comes back when %s', (_, event) => {
    expect(afterwards([zoned, full, web], spread, event)).toBe('bound');
  });

  it('waits on when a pod comes that is not counted', () => {
    const other = aPod('other', { labels: { app: 'db' }, nodeName: 'b' });
    expect(afterwards([zoned, full, web], spread, came(other))).toBe('waits on');
  });
});

describe('a pod that NodeResourcesFit refuses', () => {
  const on = (cpu: string): StoredPod => aPod('web', { nodeName: 'a', requests: { cpu } });

  it.each([
    ['as small as is needed', '1', 'bound'],
    ['larger', '4', 'waits on'],
  ])('is looked at again when a pod has become %s', (_, cpu, outcome) => {
    expect(afterwards([plain, on('3')], { requests: { cpu: '3' } }, change(on('3'), on(cpu)))).toBe(outcome);
  });
});

describe('pods that ask for the same, and others could be made to leave for', () => {
  it('are told apart where the first is kept off by more than that', () => {
    const scheduling = new Scheduling('default-scheduler', policyOf('default/3'));
    const important = aPod('db', { nodeName: 'a', labels: { app: 'web' }, priority: 9, requests: { cpu: '1' } });
    const equal = aPod('equal', { nodeName: 'a', priority: 5, requests: { cpu: '2' } });
    const lower = aPod('lower', { nodeName: 'a', priority: 1, requests: { cpu: '1' } });
    const wants = { requests: { cpu: '3' }, priority: 5 };
    scheduling.apply(
      [zoned, important, equal, lower, aPod('apart', { ...far(), ...wants }), aPod('plain', wants)].map(came),
    );
    expect(scheduling.decide(1, 10)?.preemptions).toEqual([]);
    scheduling.apply([change(equal, undefined)]);
    expect(scheduling.decide(1, 10)?.preemptions).toMatchObject([{ name: 'plain', victims: [{ name: 'lower' }] }]);
  });
});
