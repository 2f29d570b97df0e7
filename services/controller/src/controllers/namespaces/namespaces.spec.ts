import { momentOf, type PlannedCommand } from '../../runtime/domain/controller';
import { builtIn, type BuiltIn, type ObjectOf, type ResourceRow, type StoredObject } from '@shiplog/contracts';
import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../../../libs/apimachinery/src/testing/definitions';
import { namespaceContentController } from '../namespace-content/controller';
import { TestCluster } from '../../testing/cluster';
import { at, bare, EPOCH, namespace } from '../../testing/objects';
import { namespaceController } from './controller';
import { decideNamespace, type NamespaceOutcome } from './decide';

const NOW = momentOf(EPOCH + 60_000);
const leaving = (meta = {}) => namespace('shop', { deletionTimestamp: at(0), ...meta });
const content = (entries: [BuiltIn, StoredObject[]][]) =>
  new Map<ResourceRow, readonly StoredObject[]>(entries.map(([id, objects]) => [builtIn(id), objects]));

const conditionsOf = (outcome: NamespaceOutcome): string[] => {
  const { commands } = outcome as { commands: readonly PlannedCommand[] };
  const written = commands.find(({ type }) => type === 'PatchObject')?.data as
    { patch: ObjectOf<'namespaces'> } | undefined;
  return (written?.patch.status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
};

describe('a namespace that is to go', () => {
  it('has all content that was not asked to go yet deleted, by resource', () => {
    const outcome = decideNamespace({
      namespace: leaving(),
      content: content([
        ['pods', [bare('pods', 'a')]],
        ['secrets', [bare('secrets', 's', { deletionTimestamp: at(0) })]],
        ['configmaps', []],
      ]),
      now: NOW,
    });
    expect(outcome).toEqual({
      kind: 'delete',
      commands: [
        { type: 'DeleteCollection', data: { resource: 'pods', namespace: 'shop', propagationPolicy: 'Background' } },
      ],
    });
  });

  it('says what is left in it and which finalizers hold it, once that takes a while', () => {
    const held = bare('configmaps', 'c', {
      deletionTimestamp: at(0),
      finalizers: ['example.com/hold'],
    });
    const view = { namespace: leaving(), content: content([['configmaps', [held]]]) };
    expect(decideNamespace({ ...view, now: momentOf(EPOCH + 1_000) })).toEqual({
      kind: 'wait',
      commands: [],
      requeueAfterMs: 4_000,
    });
    const outcome = decideNamespace({ ...view, now: NOW });
    expect(outcome).toMatchObject({ kind: 'wait', commands: [{ data: { subresource: 'status' } }] });
    expect(JSON.stringify(outcome)).toContain('configmaps. has 1 resource instances');
    expect(JSON.stringify(outcome)).toContain('example.com/hold in 1 resource instances');
    expect(conditionsOf(outcome)).toEqual([
      'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered',
      'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions',
      'NamespaceDeletionContentFailure False ContentDeleted',
      'NamespaceContentRemaining True SomeResourcesRemain',
      'NamespaceFinalizersRemaining True SomeFinalizersRemain',
    ]);
  });

  it('says what could not be deleted, and tries again', () => {
    const outcome = decideNamespace({
      namespace: leaving(),
      content: content([['pods', [bare('pods', 'a')]]]),
      now: NOW,
      failures: [{ code: 403, reason: 'Forbidden', message: 'pods "a" is forbidden: a policy holds it' }],
    });
    expect(outcome).toMatchObject({
      kind: 'delete',
      commands: [{ type: 'DeleteCollection' }, { type: 'PatchObject' }],
    });
    expect(conditionsOf(outcome)).toContain('NamespaceDeletionContentFailure True ContentDeletionFailed');
    expect(JSON.stringify(outcome)).toContain(
      'Failed to delete all resource types, 1 remaining: pods \\"a\\" is forbidden',
    );
  });

  it('loses only the finalizer that stands for its contents', () => {
    const outcome = decideNamespace({
      namespace: { ...leaving(), spec: { finalizers: ['kubernetes', 'example.com/mine'] } },
      content: content([]),
      now: NOW,
    });
    expect(outcome).toMatchObject({
      kind: 'finalize',
      commands: [{ data: { subresource: 'finalize', object: { spec: { finalizers: ['example.com/mine'] } } } }],
    });
  });

  it('is left alone while nobody asked for its end', () => {
    expect(decideNamespace({ namespace: namespace('shop'), content: content([]), now: NOW })).toEqual({ kind: 'none' });
  });
});

describe('namespaces over a journal', () => {
  let cluster: TestCluster;
  let asked = 0;
  beforeEach(() => {
    cluster = new TestCluster();
    cluster.run(namespaceController(async () => void (await Promise.resolve(asked++))));
    cluster.run(namespaceContentController('PEM'));
  });
  afterEach(() => cluster.stop());

  it('have a default account and the root certificate, and get them back', async () => {
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    await cluster.settle();
    expect(cluster.journal.get('serviceaccounts', 'default', 'default')).toBeDefined();
    expect(cluster.journal.get('configmaps', 'default', 'kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' });
    await cluster.delete('serviceaccounts', 'default');
    await cluster.delete('configmaps', 'kube-root-ca.crt');
    await cluster.settle();
    await cluster.patch('configmaps', 'kube-root-ca.crt', { data: { 'ca.crt': 'forged' } });
    await cluster.settle();
    expect(cluster.journal.get('serviceaccounts', 'default', 'default')).toBeDefined();
    expect(cluster.journal.get('configmaps', 'default', 'kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' });
  });

  it('go with everything in them, after the state was made sure of, and nothing else goes', async () => {
    for (const name of ['default', 'shop']) await cluster.create('namespaces', { metadata: { name } });
    for (const ns of ['default', 'shop']) {
      await cluster.create('configmaps', { metadata: { name: 'mine', namespace: ns } });
      const metadata = { name: 'p', namespace: ns };
      await cluster.create('pods', { metadata, spec: { containers: [{ name: 'c', image: 'nginx' }] } });
    }
    await cluster.settle();
    const before = asked;
    await cluster.delete('namespaces', 'shop');
    await cluster.settle();
    expect(cluster.journal.get('namespaces', '', 'shop')).toBeUndefined();
    expect(asked).toBeGreaterThan(before);
    for (const resource of ['pods', 'configmaps', 'serviceaccounts'] as const) {
      expect(cluster.journal.list(resource).map(({ metadata }) => metadata.namespace)).not.toContain('shop');
    }
    expect(cluster.journal.get('configmaps', 'default', 'mine')).toBeDefined();
  });

  it('go with objects of kinds that came at run time', async () => {
    await cluster.create('namespaces', { metadata: { name: 'shop' } });
    await cluster.send({ type: 'CreateObject', data: { resource: DEFINITIONS, namespace: '', object: aDefinition() } });
    const tab = aCronTab('nightly');
    const object = { ...tab, metadata: { ...tab.metadata, namespace: 'shop' } };
    await cluster.send({ type: 'CreateObject', data: { resource: CRONTABS, namespace: 'shop', object } });
    await cluster.delete('namespaces', 'shop');
    await cluster.settle();
    expect(cluster.journal.size(CRONTABS)).toBe(0);
    expect(cluster.journal.get('namespaces', '', 'shop')).toBeUndefined();
  });

  it('wait for content that a finalizer holds', async () => {
    await cluster.create('namespaces', { metadata: { name: 'shop' } });
    const metadata = { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] };
    await cluster.create('configmaps', { metadata });
    await cluster.delete('namespaces', 'shop');
    await cluster.settle();
    await cluster.pass(10);
    const shop = cluster.journal.get('namespaces', '', 'shop');
    expect(shop?.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'NamespaceDeletionDiscoveryFailure=False',
      'NamespaceDeletionGroupVersionParsingFailure=False',
      'NamespaceDeletionContentFailure=False',
      'NamespaceContentRemaining=True',
      'NamespaceFinalizersRemaining=True',
    ]);
    const key = { resource: 'configmaps', namespace: 'shop', name: 'held' } as const;
    const patch = { metadata: { finalizers: null } };
    await cluster.send({ type: 'PatchObject', data: { ...key, patchType: 'merge', patch } });
    await cluster.settle();
    expect(cluster.journal.get('namespaces', '', 'shop')).toBeUndefined();
  });
});
