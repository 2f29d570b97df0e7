import type { KubeObject } from '@shiplog/contracts';
import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../../../libs/apimachinery/src/testing/definitions';
import { TestCluster } from '../../testing/cluster';
import { definitionController } from './controller';

const definition = (name: string) => ({ resource: DEFINITIONS, namespace: '', name });

describe('a definition over a journal', () => {
  let cluster: TestCluster;
  let asked = 0;
  beforeEach(async () => {
    asked = 0;
    cluster = new TestCluster();
    cluster.run(definitionController(async () => void (await Promise.resolve(asked++))));
    for (const name of ['default', 'shop']) await cluster.create('namespaces', { metadata: { name } });
    await create(DEFINITIONS, '', aDefinition());
  });
  afterEach(() => cluster.stop());

  const create = (resource: string, namespace: string, object: KubeObject) =>
    cluster.send({ type: 'CreateObject', data: { resource, namespace, object } });
  const createTab = (name: string, namespace: string, finalizers?: string[]) => {
    const tab = aCronTab(name);
    return create(CRONTABS, namespace, { ...tab, metadata: { ...tab.metadata, namespace, finalizers } });
  };
  const forget = () => cluster.send({ type: 'DeleteObject', data: definition(CRONTABS) });

  it('goes with the objects of its resource, those of all namespaces', async () => {
    for (const namespace of ['default', 'shop']) await createTab('nightly', namespace);
    await forget();
    await cluster.settle();
    expect(cluster.journal.size(CRONTABS)).toBe(0);
    expect(cluster.journal.get(DEFINITIONS, '', CRONTABS)).toBeUndefined();
    expect(asked).toBeGreaterThan(0);
  });

  it('waits for objects that others hold, and says so', async () => {
    await createTab('held', 'shop', ['example.com/hold']);
    await forget();
    await cluster.settle();
    expect(cluster.journal.get(DEFINITIONS, '', CRONTABS)?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Terminating', reason: 'InstanceDeletionInProgress' }),
    );
    const key = { resource: CRONTABS, namespace: 'shop', name: 'held' };
    const patch = { metadata: { finalizers: null } };
    await cluster.send({ type: 'PatchObject', data: { ...key, patchType: 'merge', patch } });
    await cluster.settle();
    expect(cluster.journal.get(DEFINITIONS, '', CRONTABS)).toBeUndefined();
  });

  it('gets the names that it asked for once another has let them go', async () => {
    const other = aDefinition({ names: { plural: 'tabs', kind: 'CronTab', shortNames: ['ct'] } });
    const name = 'tabs.stable.example.com';
    await create(DEFINITIONS, '', { ...other, metadata: { name } });
    await cluster.settle();
    expect(cluster.journal.catalog.get(name)).toBeUndefined();
    await forget();
    await cluster.settle();
    expect(cluster.journal.catalog.get(name)?.kind).toBe('CronTab');
  });
});
