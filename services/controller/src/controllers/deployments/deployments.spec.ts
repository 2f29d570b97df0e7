import type { ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { isPodActive } from '../../domain/pods';
import { runPods } from '../../testing/accidents';
import { names, TestCluster } from '../../testing/cluster';
import { replicaSetController } from '../replica-sets/controller';
import { deploymentController } from './controller';

type ReplicaSet = ObjectOf<'replicasets.apps'>;
const NAME = 'web';
const IMAGE = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });
const deploymentOf = (replicas: number, spec: object = {}) => ({
  metadata: { name: NAME, annotations: { team: 'shop' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: NAME } },
    template: { metadata: { labels: { app: NAME } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
    ...spec,
  },
});

describe('Deployments over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const name of ['node-1', 'node-2', 'node-3']) await cluster.create('nodes', { metadata: { name } });
    cluster.run(replicaSetController);
    cluster.run(deploymentController);
  });
  afterEach(() => cluster.stop());

  const deployment = () => cluster.journal.get('deployments.apps', 'default', NAME)!;
  const sets = (): readonly ReplicaSet[] => cluster.journal.list('replicasets.apps');
  const setOf = (image: string) => sets().find(({ spec }) => spec?.template?.spec?.containers[0]?.image === image);
  const pods = () => cluster.journal.list('pods').filter(isPodActive);
  const condition = (type: string) => deployment().status?.conditions?.find((each) => each.type === type);
  /** Rolls on until nothing changes: pods become ready, those that are to go are gone. */
  const rollOut = async () => {
    for (let before = -1; before !== cluster.log.length;) {
      before = cluster.log.length;
      await cluster.settle();
      await runPods(cluster, false);
      await cluster.pass(1);
    }
  };
  const create = async (replicas: number, spec: object = {}) => {
    await cluster.create('deployments.apps', deploymentOf(replicas, spec));
    await rollOut();
  };

  it('have a ReplicaSet of their template, with its hash on it, in its selector and on its pods', async () => {
    await create(3);
    const [set] = sets();
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(set).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        labels: { app: NAME, 'pod-template-hash': hash },
        annotations: {
          team: 'shop',
          'deployment.kubernetes.io/revision': '1',
          'deployment.kubernetes.io/desired-replicas': '3',
          'deployment.kubernetes.io/max-replicas': '4',
        },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: NAME, controller: true }],
      },
      spec: { replicas: 3, selector: { matchLabels: { app: NAME, 'pod-template-hash': hash } } },
    });
    expect(pods().map(({ metadata }) => metadata.labels?.['pod-template-hash'])).toEqual([hash, hash, hash]);
    expect(deployment().metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' });
    expect(deployment().status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      conditions: [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "web-${hash}" has successfully progressed.`,
        },
      ],
    });
    const quiet = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it('come to a new template step by step, and keep the old set for a return', async () => {
    await create(4);
    await cluster.patch('deployments.apps', NAME, IMAGE('web:2'));
    await cluster.settle();
    expect([setOf('web:1')?.spec?.replicas, setOf('web:2')?.spec?.replicas]).toEqual([3, 2]);
    expect(deployment().status).toMatchObject({ observedGeneration: 2, replicas: 5, updatedReplicas: 2 });
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    await rollOut();
    expect([setOf('web:1')?.spec?.replicas, setOf('web:2')?.spec?.replicas]).toEqual([0, 4]);
    await cluster.patch('deployments.apps', NAME, IMAGE('web:1'));
    await rollOut();
    expect([setOf('web:1')?.spec?.replicas, setOf('web:2')?.spec?.replicas]).toEqual([4, 0]);
    expect(setOf('web:1')?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(deployment().metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3' });
    expect(sets()).toHaveLength(2);
  });

  it('take over a set with a revision beyond what a number holds, as an old one', async () => {
    const template = { metadata: { labels: { app: NAME } }, spec: { containers: [{ name: 'main', image: 'old' }] } };
    const annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' };
    await cluster.create('replicasets.apps', {
      metadata: { name: 'early', annotations, labels: { app: NAME } },
      spec: { replicas: 1, selector: { matchLabels: { app: NAME } }, template },
    });
    await create(1);
    expect(setOf('web:1')?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3546343826724305833',
    });
    expect(setOf('old')?.spec?.replicas).toBe(0);
    expect(controllerOf(setOf('old'))?.name).toBe(NAME);
  });

  it('let go of a set that they no longer select, and have another', async () => {
    await create(1);
    const [first] = sets();
    await cluster.patch('replicasets.apps', first!.metadata.name, { metadata: { labels: { app: 'other' } } });
    await rollOut();
    expect(controllerOf(cluster.journal.get('replicasets.apps', 'default', first!.metadata.name))).toBeUndefined();
    expect(sets()).toHaveLength(2);
    expect(deployment().status?.collisionCount).toBe(1);
  });

  it('take another name where theirs is taken, and say so', async () => {
    await create(1);
    const [{ metadata }] = sets() as [ReplicaSet];
    await cluster.delete('deployments.apps', NAME, { propagationPolicy: 'Background' });
    await cluster.patch('replicasets.apps', metadata.name, { metadata: { labels: { app: 'other' } } });
    await create(1);
    expect(sets()).toHaveLength(2);
    expect(deployment().status).toMatchObject({ collisionCount: 1, availableReplicas: 1 });
  });

  it('end all old pods before they have new ones, where they are told to', async () => {
    await create(2, { strategy: { type: 'Recreate' } });
    await cluster.patch('deployments.apps', NAME, IMAGE('web:2'));
    await cluster.settle();
    expect(pods()).toEqual([]);
    expect(setOf('web:2')).toBeUndefined();
    await rollOut();
    expect(setOf('web:2')?.spec?.replicas).toBe(2);
    expect(pods()).toHaveLength(2);
  });

  it('end what two templates have when they are told so in the middle of a rollout, also where none is wanted any more', async () => {
    await create(3);
    await cluster.patch('deployments.apps', NAME, IMAGE('web:2'));
    await cluster.settle();
    await cluster.patch('deployments.apps', NAME, {
      spec: { replicas: 0, strategy: { type: 'Recreate', rollingUpdate: null } },
    });
    await rollOut();
    expect(pods()).toEqual([]);
    expect(condition('Progressing')).toMatchObject({ reason: 'NewReplicaSetAvailable' });
  });

  it('wait while they are paused, and then neither time out nor forget', async () => {
    await create(2, { progressDeadlineSeconds: 60 });
    await cluster.patch('deployments.apps', NAME, { spec: { paused: true } });
    await cluster.patch('deployments.apps', NAME, IMAGE('web:2'));
    await cluster.pass(600);
    expect(setOf('web:2')).toBeUndefined();
    expect(condition('Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    await cluster.patch('deployments.apps', NAME, { spec: { replicas: 3 } });
    await cluster.settle();
    expect(setOf('web:1')?.spec?.replicas).toBe(3);
    await cluster.patch('deployments.apps', NAME, { spec: { paused: false } });
    await rollOut();
    expect(setOf('web:2')?.spec?.replicas).toBe(3);
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('are scaled in the middle of a rollout, each set in its proportion', async () => {
    await create(10, { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
    await cluster.patch('deployments.apps', NAME, IMAGE('web:2'));
    await cluster.settle();
    expect([setOf('web:1')?.spec?.replicas, setOf('web:2')?.spec?.replicas]).toEqual([8, 5]);
    await cluster.patch('deployments.apps', NAME, { spec: { replicas: 30 } });
    await cluster.settle();
    expect([setOf('web:1')?.spec?.replicas, setOf('web:2')?.spec?.replicas]).toEqual([20, 13]);
  });

  it('say when they have not come on for too long, and go on when they can', async () => {
    await create(2, { progressDeadlineSeconds: 60 });
    await cluster.patch('deployments.apps', NAME, IMAGE('web:2'));
    await cluster.pass(50);
    expect(condition('Progressing')).toMatchObject({ status: 'True' });
    await cluster.pass(70);
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(condition('Progressing')?.message).toMatch(/^ReplicaSet "web-\w+" has timed out progressing\.$/);
    await rollOut();
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('forget sets beyond the limit, the oldest revisions first', async () => {
    await create(1, { revisionHistoryLimit: 1 });
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await cluster.patch('deployments.apps', NAME, IMAGE(image));
      await rollOut();
    }
    expect(
      sets()
        .map(({ spec }) => spec?.template?.spec?.containers[0]?.image)
        .sort(),
    ).toEqual(['web:3', 'web:4']);
  });

  it('say that pods are refused, as their set does', async () => {
    await cluster.create('resourcequotas', { metadata: { name: 'few' }, spec: { hard: { pods: '1' } } });
    await cluster.create('deployments.apps', deploymentOf(2));
    for (let i = 0; i < 50 && condition('ReplicaFailure') === undefined; i++) await cluster.pass(1);
    expect(condition('ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(condition('Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
  });

  it('say that their set is refused, and make it once it can be', async () => {
    const hard = { 'count/replicasets.apps': '0' };
    await cluster.create('resourcequotas', { metadata: { name: 'none' }, spec: { hard } });
    await cluster.create('deployments.apps', deploymentOf(1));
    for (let i = 0; i < 50 && condition('Progressing')?.status !== 'False'; i++) await cluster.pass(1);
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ReplicaSetCreateError' });
    expect(condition('Progressing')?.message).toMatch(
      /^Failed to create new replica set "web-\w+": replicasets.apps "web-\w+" is forbidden: exceeded quota: none/,
    );
    expect(cluster.notes[0]).toMatchObject({
      type: 'Warning',
      reason: 'ReplicaSetCreateError',
      component: 'deployment-controller',
    });
    await cluster.delete('resourcequotas', 'none');
    await rollOut();
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('leave alone what users say of them in conditions of their own', async () => {
    await create(1);
    const mine = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from a test' };
    await cluster.patch('deployments.apps', NAME, { status: { conditions: [mine] } }, 'status');
    await cluster.patch('deployments.apps', NAME, { spec: { replicas: 2 } });
    await rollOut();
    expect(condition('StatusUpdate')).toMatchObject(mine);
  });

  it('go on from their last template, when it changes in the middle of a rollout', async () => {
    await create(4);
    for (const image of ['web:2', 'web:3']) {
      await cluster.patch('deployments.apps', NAME, IMAGE(image));
      await cluster.settle();
    }
    await rollOut();
    expect(setOf('web:3')?.spec?.replicas).toBe(4);
    expect(names(pods().filter((pod) => controllerOf(pod)?.name === setOf('web:3')?.metadata.name))).toHaveLength(4);
  });
});
