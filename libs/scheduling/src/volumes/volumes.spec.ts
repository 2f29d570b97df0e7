import type { AppliedEvent } from '@shiplog/cluster';
import type { StoredObject } from '@shiplog/contracts';
import { policyOf } from '../policy';
import { Scheduling } from '../scheduling';
import { aNode, aPod, applied, type PodTraits } from '../testing/builders';
import { aClaim, aStorageClass, aVolume, claiming } from '../testing/volumes';

const SEED = 7;
type Proposal = NonNullable<ReturnType<Scheduling['decide']>>;

/** A scheduler of two nodes, told of objects as they come. */
class Fixture {
  readonly scheduling = new Scheduling('default-scheduler', policyOf('default/2'));
  readonly #there = new Map<string, StoredObject>();
  #position = 0;

  constructor(...nodes: string[]) {
    for (const name of nodes) this.has('nodes', aNode(name));
    this.has('storageclasses.storage.k8s.io', aStorageClass('local'));
  }

  /** An object comes, or is otherwise. */
  has(resource: string, object: StoredObject): this {
    const key = `${resource} ${object.metadata.name}`;
    this.#tell(resource, this.#there.get(key), object);
    this.#there.set(key, object);
    return this;
  }

  hasNot(resource: string, name: string): this {
    this.#tell(resource, this.#there.get(`${resource} ${name}`), undefined);
    this.#there.delete(`${resource} ${name}`);
    return this;
  }

  claim(...[name, traits]: Parameters<typeof aClaim>): this {
    return this.has('persistentvolumeclaims', aClaim(name, traits));
  }

  volume(...[name, traits]: Parameters<typeof aVolume>): this {
    return this.has('persistentvolumes', aVolume(name, traits));
  }

  pod(name: string, traits: PodTraits = {}): this {
    return this.has('pods', aPod(name, traits));
  }

  decide(): Proposal | undefined {
    return this.scheduling.decide(SEED, 10);
  }

  /** What it came to: who goes where, why others don't, and what is written for volumes. */
  get outcome(): Record<string, unknown> {
    const { bindings = [], marks = [], reservations = [] } = this.decide() ?? {};
    return Object.fromEntries([
      ...bindings.map(({ name, node }) => [name, node]),
      ...marks.map(({ name, message }) => [name, message]),
      ...reservations.map(({ uid, patches }) => [uid, patches.map(({ data }) => [data.name, data.patch])]),
    ]);
  }

  #tell(resource: string, before: StoredObject | undefined, after: StoredObject | undefined): void {
    const item = applied('pods', before as never, after as never, ++this.#position);
    this.scheduling.apply([{ ...item, event: { ...item.event, resource } } as AppliedEvent]);
  }
}

const identity = (name: string) => ({ uid: `uid-${name}`, resourceVersion: '1' });
const selects = (claim: string, node: string) => [
  claim,
  { metadata: { ...identity(claim), annotations: { 'volume.kubernetes.io/selected-node': node } } },
];
const keeps = (volume: string, claim: string) => [
  volume,
  {
    metadata: { ...identity(volume), annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
    spec: {
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: 'default',
        name: claim,
        ...identity(claim),
      },
    },
  },
];

describe('pods with claims', () => {
  it('go where their volume is', () => {
    const fixture = new Fixture('a', 'b').volume('v', { node: 'b', claim: 'c' }).claim('c', { bound: 'v' });
    expect(fixture.pod('p', claiming('c')).outcome).toEqual({ p: 'b' });
    fixture.volume('w', { node: 'gone', claim: 'd' }).claim('d', { bound: 'w' }).claim('e', { bound: 'none' });
    expect(fixture.pod('q', claiming('c', 'd')).outcome).toEqual({
      q: '0/2 nodes are available: 2 node(s) had volume node affinity conflict.',
    });
    expect(fixture.pod('r', claiming('e')).outcome).toEqual({
      r: '0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).',
    });
  });

  it.each([
    ['persistentvolumeclaim "c" not found', undefined],
    ['pod has unbound immediate PersistentVolumeClaims', { storageClass: 'other' }],
    ['persistentvolumeclaim "c" is being deleted', { bound: 'v', deleting: true }],
    ['persistentvolumeclaim "c" bound to non-existent persistentvolume "v"', { bound: 'v', phase: 'Lost' }],
  ])('wait where %s', (problem, traits) => {
    const fixture = new Fixture('a', 'b');
    if (traits !== undefined) fixture.claim('c', traits);
    expect(fixture.pod('p', claiming('c')).outcome).toEqual({ p: `0/2 nodes are available: ${problem}.` });
    fixture.volume('v', { claim: 'c' }).claim('c', { bound: 'v' });
    expect(Object.keys(fixture.outcome)).toEqual(['p']);
  });

  it('wait for a claim that is to be made for them alone, and take nobody else’s', () => {
    const own = { volumes: [{ name: 'data', ephemeral: {} }] };
    const fixture = new Fixture('a').pod('p', own);
    const waits = 'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-data"';
    expect(fixture.outcome).toEqual({ p: `0/1 nodes are available: ${waits}.` });
    fixture.volume('v', { claim: 'p-data' }).claim('p-data', { bound: 'v' });
    const other = 'PVC default/p-data was not created for pod default/p (pod is not owner)';
    expect(fixture.outcome).toEqual({ p: `0/1 nodes are available: ${other}.` });
    fixture.scheduling.tick(1_000);
    expect(fixture.claim('p-data', { bound: 'v', owner: 'p' }).outcome).toEqual({ p: 'a' });
  });

  it('choose the node that a volume is made on, and go there when it is bound', () => {
    const fixture = new Fixture('a').claim('c').pod('p', claiming('c'));
    expect(fixture.outcome).toEqual({ 'uid-p': [selects('c', 'a')] });
    expect(fixture.decide()).toBeUndefined();
    fixture.claim('c', { selected: 'a' });
    expect(fixture.outcome).toEqual({});
    fixture.has('nodes', aNode('b'));
    fixture.volume('v', { node: 'a', claim: 'c' }).claim('c', { selected: 'a', bound: 'v' });
    expect(fixture.outcome).toEqual({ p: 'a' });
  });

  it('choose again when a claim is given back', () => {
    const fixture = new Fixture('b').claim('c', { selected: 'a' }).pod('p', claiming('c'));
    expect(fixture.outcome).toEqual({
      p: "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind.",
    });
    expect(fixture.claim('c').outcome).toEqual({ 'uid-p': [selects('c', 'b')] });
  });

  it('take a volume that is there before one is made, the smallest that fits', () => {
    const fixture = new Fixture('a')
      .volume('large', { size: '5Gi', node: 'a' })
      .volume('fits', { size: '2Gi', node: 'a' })
      .volume('elsewhere', { size: '1Gi', node: 'b' })
      .claim('c')
      .pod('p', claiming('c'));
    expect(fixture.outcome).toEqual({ 'uid-p': [keeps('fits', 'c')] });
    expect(fixture.volume('fits', { size: '2Gi', node: 'a', claim: 'c' }).outcome).toEqual({});
  });

  it('have volumes made only where their class may', () => {
    const topology = [{ matchLabelExpressions: [{ key: 'zone', values: ['z'] }] }];
    const none = { provisioner: 'kubernetes.io/no-provisioner' };
    const fixture = new Fixture('a')
      .has('storageclasses.storage.k8s.io', aStorageClass('zonal', { allowedTopologies: topology }))
      .has('storageclasses.storage.k8s.io', aStorageClass('static', none))
      .claim('c', { storageClass: 'zonal' })
      .claim('d', { storageClass: 'static' });
    const unavailable = (nodes: number) =>
      `0/${nodes} nodes are available: ${nodes} node(s) didn't find available persistent volumes to bind.`;
    expect(fixture.pod('p', claiming('c')).outcome).toEqual({ p: unavailable(1) });
    expect(fixture.has('nodes', aNode('b', { labels: { zone: 'z' } })).outcome).toEqual({
      'uid-p': [selects('c', 'b')],
    });
    expect(fixture.pod('q', claiming('d')).outcome).toEqual({ q: unavailable(2) });
    fixture.volume('v', { storageClass: 'static', node: 'b' });
    expect(fixture.outcome).toMatchObject({ 'uid-q': [keeps('v', 'd')] });
  });

  it('never promise one volume to two claims, nor one claim two nodes', () => {
    const fixture = new Fixture('a', 'b').has(
      'storageclasses.storage.k8s.io',
      aStorageClass('local', { provisioner: 'kubernetes.io/no-provisioner' }),
    );
    fixture.volume('v').claim('c').claim('d').pod('p', claiming('c')).pod('q', claiming('d')).pod('r', claiming('c'));
    expect(fixture.outcome).toEqual({ 'uid-p': [keeps('v', 'c')] });
    fixture.volume('v', { claim: 'c' });
    expect(fixture.outcome).toEqual({
      q: "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.",
    });
  });

  it('are looked at again when what they were promised was not to be had, later each time', () => {
    const fixture = new Fixture('a').claim('c').pod('p', claiming('c'));
    fixture.decide();
    fixture.scheduling.refuse('uid-p');
    expect(fixture.outcome).toEqual({ 'uid-p': [selects('c', 'a')] });
    fixture.scheduling.refuse('uid-p');
    expect(fixture.decide()).toBeUndefined();
    fixture.scheduling.tick(fixture.scheduling.dueAt!);
    expect(fixture.outcome).toEqual({ 'uid-p': [selects('c', 'a')] });
  });

  it('have a claim to themselves that one pod alone may use', () => {
    const fixture = new Fixture('a', 'b').volume('v', { claim: 'c' });
    fixture.claim('c', { bound: 'v', modes: ['ReadWriteOncePod'] });
    fixture.pod('p', { ...claiming('c'), nodeName: 'a' }).pod('q', { ...claiming('c'), nodeSelector: {} });
    const taken = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';
    expect(fixture.outcome).toEqual({ q: `0/2 nodes are available: 2 ${taken}.` });
    fixture.hasNot('pods', 'p').pod('r', claiming('c'));
    const { bindings, marks } = fixture.decide()!;
    expect([bindings.length, marks.length]).toEqual([1, 0]);
  });
});
