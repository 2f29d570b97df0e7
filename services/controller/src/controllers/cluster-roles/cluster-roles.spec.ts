import { CLUSTER_ROLES } from '@shiplog/authorization';
import { TestCluster } from '../../testing/cluster';
import { clusterRoleController } from './controller';

const rule = (resource: string) => ({ verbs: ['get'], apiGroups: [''], resources: [resource] });

describe('ClusterRoles that are put together of others', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    cluster.run(clusterRoleController);
    await create('sum', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'true' } }] } });
  });
  afterEach(() => cluster.stop());

  const send = async (command: Parameters<TestCluster['send']>[0]): Promise<void> => {
    await cluster.send(command);
    await cluster.settle();
  };
  const create = (name: string, fields: object, labels: Record<string, string> = {}): Promise<void> => {
    const object = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      ...fields,
    };
    return send({ type: 'CreateObject', data: { resource: CLUSTER_ROLES, namespace: '', object } });
  };
  const patch = (name: string, change: object): Promise<void> =>
    send({
      type: 'PatchObject',
      data: { resource: CLUSTER_ROLES, namespace: '', name, patchType: 'merge', patch: change },
    });
  const resources = (): string[] =>
    (cluster.journal.get(CLUSTER_ROLES, '', 'sum')?.rules ?? []).flatMap((of) => of.resources ?? []);

  it('have their rules, each once, in the order of names', async () => {
    await create('b', { rules: [rule('pods'), rule('nodes')] }, { part: 'true' });
    await create('a', { rules: [rule('pods')] }, { part: 'true' });
    await create('c', { rules: [rule('secrets')] });
    expect(resources()).toEqual(['pods', 'nodes']);
  });

  it('change with them, and lose what is gone', async () => {
    await create('a', { rules: [rule('pods')] }, { part: 'true' });
    await patch('a', { rules: [rule('services')] });
    expect(resources()).toEqual(['services']);
    await patch('a', { metadata: { labels: { part: null } } });
    expect(resources()).toEqual([]);
  });

  it('get back what somebody writes over', async () => {
    await create('a', { rules: [rule('pods')] }, { part: 'true' });
    await patch('sum', { rules: [rule('secrets')] });
    expect(resources()).toEqual(['pods']);
  });
});
