import fc from 'fast-check';
import type { KubeObject, ObjectKey, OwnerReference, StoredMeta, StoredObject } from '@shiplog/contracts';
import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../../../libs/apimachinery/src/testing/definitions';
import { names, TestCluster } from '../../testing/cluster';
import { GarbageController } from './controller';

type Owner = { apiVersion: string; kind: string; metadata: StoredMeta };
const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: Owner, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  blockOwnerDeletion,
});

describe('the garbage collector over a journal', () => {
  let cluster: TestCluster;
  let asked: ObjectKey[];
  const ask = async (key: ObjectKey): Promise<StoredObject | null> => {
    asked.push(key);
    await Promise.resolve();
    return cluster.journal.get(key.resource, key.namespace, key.name) ?? null;
  };
  const make = (name: string, ...owners: OwnerReference[]) =>
    cluster.create('configmaps', { metadata: { name, ownerReferences: owners } });
  const left = () => names(cluster.journal.list('configmaps'));
  const ownersOf = (name: string) =>
    cluster.journal.get('configmaps', 'default', name)?.metadata.ownerReferences?.map((owner) => owner.name) ?? [];

  beforeEach(async () => {
    asked = [];
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    cluster.run(new GarbageController(ask));
  });
  afterEach(() => cluster.stop());

  it('removes what an owner leaves behind, down to the last generation, and nothing else', async () => {
    const top = await make('top');
    const middle = await make('middle', ownedBy(top));
    await make('leaf', ownedBy(middle));
    await make('free');
    await cluster.delete('configmaps', 'top', { propagationPolicy: 'Background' });
    await cluster.settle();
    expect(left()).toEqual(['free']);
    expect(asked).toEqual([]);
  });

  it('keeps an object that has an owner left, without the reference to the one that is gone', async () => {
    const [item, two] = [await make('one'), await make('two')];
    await make('shared', ownedBy(item), ownedBy(two));
    await cluster.delete('configmaps', 'one');
    await cluster.settle();
    expect(left()).toEqual(['shared', 'two']);
    expect(ownersOf('shared')).toEqual(['two']);
  });

  it('lets dependents free when an owner is deleted with Orphan, as a ReplicationController is by default', async () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    const web = await cluster.create('replicationcontrollers', {
      metadata: { name: 'web' },
      spec: { replicas: 0, selector: { app: 'web' }, template },
    });
    await make('kept', ownedBy(web));
    await cluster.delete('replicationcontrollers', 'web');
    await cluster.settle();
    expect(cluster.journal.get('replicationcontrollers', 'default', 'web')).toBeUndefined();
    expect(left()).toEqual(['kept']);
    expect(ownersOf('kept')).toEqual([]);
  });

  it('keeps an owner deleted in the foreground until all that block it are gone', async () => {
    const top = await make('top');
    const held = { name: 'held', finalizers: ['example.com/hold'], ownerReferences: [ownedBy(top)] };
    await cluster.create('configmaps', { metadata: held });
    await make('quick', ownedBy(top));
    await make('aside', ownedBy(top, false));
    await cluster.delete('configmaps', 'top', { propagationPolicy: 'Foreground' });
    await cluster.settle();
    expect(left()).toEqual(['held', 'top']);
    const key = { resource: 'configmaps', namespace: 'default', name: 'held' } as const;
    const patch = { metadata: { finalizers: null } };
    await cluster.send({ type: 'PatchObject', data: { ...key, patchType: 'merge', patch } });
    await cluster.settle();
    expect(left()).toEqual([]);
  });

  it('takes two that own each other apart', async () => {
    const a = await make('a');
    const b = await make('b', ownedBy(a));
    await cluster.patch('configmaps', 'a', { metadata: { ownerReferences: [ownedBy(b)] } });
    await cluster.settle();
    await cluster.delete('configmaps', 'a', { propagationPolicy: 'Foreground' });
    await cluster.settle();
    expect(left()).toEqual([]);
  });

  it('removes what names an owner that was never seen only after the journal has confirmed it', async () => {
    const ghost = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'ghost', uid: 'no-such-uid' } as StoredMeta,
    };
    await make('haunted', ownedBy(ghost));
    await cluster.settle();
    expect(left()).toEqual([]);
    expect(asked).toEqual([{ resource: 'configmaps', namespace: 'default', name: 'ghost' }]);
  });

  it('tells an owner from another object of the same name by its uid', async () => {
    const owner = await make('owner');
    await make('dependent', ownedBy(owner));
    await cluster.stop();
    await cluster.delete('configmaps', 'owner');
    await make('owner');
    cluster.run(new GarbageController(ask));
    await cluster.settle();
    expect(left()).toEqual(['owner']);
  });

  it('keeps what an owner of a kind owns that is not served', async () => {
    const metadata = { name: 'web', uid: 'some-uid' } as StoredMeta;
    await make('kept', ownedBy({ apiVersion: 'example.com/v1', kind: 'Widget', metadata }));
    await cluster.settle();
    expect(left()).toEqual(['kept']);
  });

  it('knows owners and dependents of a kind that came at run time', async () => {
    const put = async (resource: string, object: KubeObject): Promise<void> => {
      const { name = '', namespace = '' } = object.metadata;
      await cluster.send({ type: 'CreateObject', data: { resource, namespace, object } });
      await cluster.settle();
      expect(cluster.journal.get(resource, namespace, name)).toBeDefined();
    };
    await put(DEFINITIONS, aDefinition());
    await put(CRONTABS, aCronTab('owner'));
    const owner = cluster.journal.get(CRONTABS, 'default', 'owner')!;
    await make('dependent', ownedBy({ ...owner, apiVersion: 'stable.example.com/v1beta1' }));
    const dependent = aCronTab('dependent');
    await put(CRONTABS, { ...dependent, metadata: { ...dependent.metadata, ownerReferences: [ownedBy(owner)] } });
    await cluster.send({
      type: 'DeleteObject',
      data: { resource: CRONTABS, namespace: 'default', name: 'owner', propagationPolicy: 'Background' },
    });
    await cluster.settle();
    expect(left()).toEqual([]);
    expect(cluster.journal.size(CRONTABS)).toBe(0);
  });

  it('leaves, for any web of owners, exactly the objects that still have an owner or never had one', async () => {
    const webs = fc.record({
      parents: fc.array(fc.array(fc.nat(11), { maxLength: 2 }), { minLength: 1, maxLength: 12 }),
      deleted: fc.array(fc.nat(11), { minLength: 1, maxLength: 4 }),
      policy: fc.constantFrom('Background', 'Foreground'),
    });
    await fc.assert(
      fc.asyncProperty(webs, async ({ parents, deleted, policy }) => {
        await cluster.stop();
        cluster = new TestCluster();
        await cluster.create('namespaces', { metadata: { name: 'default' } });
        cluster.run(new GarbageController(ask));
        const made: Owner[] = [];
        const edges = parents.map((wanted, i) => [...new Set(wanted.filter((parent) => parent < i))]);
        for (const [i, owners] of edges.entries())
          made.push(await make(`o${i}`, ...owners.map((o) => ownedBy(made[o]!))));
        const dead = new Set(deleted.filter((i) => i < made.length));
        for (const i of dead) {
          if (left().includes(`o${i}`)) await cluster.delete('configmaps', `o${i}`, { propagationPolicy: policy });
          await cluster.settle();
        }
        for (const [i, owners] of edges.entries())
          if (owners.length > 0 && owners.every((o) => dead.has(o))) dead.add(i);
        expect(left()).toEqual(names(made.filter((_, i) => !dead.has(i))));
      }),
      { numRuns: 40 },
    );
  });
});
