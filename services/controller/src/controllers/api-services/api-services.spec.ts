import type { KubeObject } from '@shiplog/contracts';
import { aDefinition, DEFINITIONS } from '../../../../../libs/apimachinery/src/testing/definitions';
import { TestCluster } from '../../testing/cluster';
import { apiServiceController } from './controller';
import { API_SERVICES, MANAGED_LABEL } from './decide';

describe('the APIServices of what is served here', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    cluster.run(apiServiceController);
    await cluster.settle();
  });
  afterEach(() => cluster.stop());

  const get = (name: string) => cluster.journal.get(API_SERVICES, '', name);
  const names = (): string[] => cluster.journal.list(API_SERVICES).map(({ metadata }) => metadata.name);
  const send = async (command: Parameters<TestCluster['send']>[0]): Promise<void> => {
    await cluster.send(command);
    await cluster.settle();
  };

  it('are there for every version of every group, and available', () => {
    expect(names()).toEqual(expect.arrayContaining(['v1.', 'v1.apps', 'v1.autoscaling', 'v2.autoscaling']));
    expect(get('v1.apps')).toMatchObject({
      metadata: { labels: { [MANAGED_LABEL]: 'true' } },
      spec: { group: 'apps', version: 'v1' },
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] },
    });
    const priority = (name: string): number => get(name)?.spec?.versionPriority ?? 0;
    expect(priority('v2.autoscaling')).toBeGreaterThan(priority('v1.autoscaling'));
  });

  it('come with a definition, and go with it', async () => {
    await send({ type: 'CreateObject', data: { resource: DEFINITIONS, namespace: '', object: aDefinition() } });
    expect(names()).toEqual(expect.arrayContaining(['v1.stable.example.com', 'v1beta1.stable.example.com']));
    expect(get('v1.stable.example.com')?.spec?.groupPriorityMinimum).toBe(1_000);
    await send({
      type: 'DeleteObject',
      data: { resource: DEFINITIONS, namespace: '', name: aDefinition().metadata.name ?? '' },
    });
    expect(names().filter((name) => name.includes('example.com'))).toEqual([]);
  });

  it('come back when somebody deletes them', async () => {
    await send({ type: 'DeleteObject', data: { resource: API_SERVICES, namespace: '', name: 'v1.apps' } });
    expect(get('v1.apps')?.status?.conditions).toHaveLength(1);
  });

  it('leave those alone that users made of what is served elsewhere', async () => {
    const object: KubeObject = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.metrics.example.com' },
      spec: {
        group: 'metrics.example.com',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name: 'metrics', namespace: 'default' },
        insecureSkipTLSVerify: true,
      },
    };
    await send({ type: 'CreateObject', data: { resource: API_SERVICES, namespace: '', object } });
    expect(get('v1.metrics.example.com')?.status?.conditions).toBeUndefined();
  });

  it('write nothing more once they are there', async () => {
    const { position } = cluster;
    cluster.run(apiServiceController);
    await cluster.settle();
    expect(cluster.position).toBe(position);
  });
});
