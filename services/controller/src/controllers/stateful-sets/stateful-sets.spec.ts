import { controllerOf } from '@shiplog/kube';
import { runPods } from '../../testing/accidents';
import { names, TestCluster } from '../../testing/cluster';
import { volumeProtectionController } from '../volume-protection/controller';
import { StatefulSetController } from './controller';
import { claimsIn, CLAIMS, imageOf, podOf, podsOf, revisionsIn, setIn, setOf, templateOf } from './testing/sets';

describe('a StatefulSet over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const name of ['node-1', 'node-2', 'node-3']) await cluster.create('nodes', { metadata: { name } });
    for (const controller of [new StatefulSetController(), volumeProtectionController]) cluster.run(controller);
  });
  afterEach(() => cluster.stop());

  const created = async (replicas: number, spec: object = {}) => {
    await cluster.create('statefulsets.apps', setOf(replicas, spec));
    await cluster.settle();
  };
  const changed = async (spec: object) => {
    await cluster.patch('statefulsets.apps', 'web', { spec });
    await cluster.settle();
  };
  const become = async (name: string, phase: string, ready = false) => {
    const conditions = [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2024-01-01T00:00:00Z' },
    ];
    await cluster.patch('pods', name, { status: { phase, conditions } }, 'status');
    await cluster.settle();
  };
  const gone = async (name: string) => {
    await cluster.delete('pods', name, { gracePeriodSeconds: 0 });
    await cluster.settle();
  };
  /** Nodes work until nothing changes any more; the names of pods in the order in which they were made and went. */
  const run = async (): Promise<string[]> => {
    const from = cluster.log.length;
    for (let before = -1; before !== cluster.log.length;) {
      before = cluster.log.length;
      await runPods(cluster, false);
      await cluster.settle();
    }
    const facts: Record<string, string> = { Created: '+', DeletionRequested: '-' };
    return cluster.log
      .slice(from)
      .filter(({ resource, fact }) => resource === 'pods' && fact in facts)
      .map(({ fact, name }) => `${facts[fact]}${name.slice('web-'.length)}`);
  };

  it('gives each pod a name that stays, with it as its hostname, and its number', async () => {
    await created(2);
    await run();
    const revision = setIn(cluster).status?.updateRevision;
    expect(podOf(cluster, 'web-1')).toMatchObject({
      metadata: {
        generateName: 'web-',
        labels: {
          app: 'web',
          'statefulset.kubernetes.io/pod-name': 'web-1',
          'apps.kubernetes.io/pod-index': '1',
          'controller-revision-hash': revision,
        },
        ownerReferences: [{ kind: 'StatefulSet', name: 'web', controller: true, blockOwnerDeletion: true }],
      },
      spec: { hostname: 'web-1', subdomain: 'web' },
    });
    await gone('web-1');
    expect(podOf(cluster, 'web-1')?.metadata.labels?.['apps.kubernetes.io/pod-index']).toBe('1');
  });

  it('makes one pod after the other, each when the one before is ready, and says how many there are', async () => {
    await created(3);
    expect(names(podsOf(cluster))).toEqual(['web-0']);
    await become('web-0', 'Running');
    expect(names(podsOf(cluster))).toEqual(['web-0']);
    await become('web-0', 'Running', true);
    expect(names(podsOf(cluster))).toEqual(['web-0', 'web-1']);
    expect(await run()).toEqual(['+2']);
    const { currentRevision, ...status } = setIn(cluster).status!;
    expect(status).toEqual({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      updateRevision: currentRevision,
      collisionCount: 0,
    });
  });

  it('makes them all at once where it is Parallel, and takes them away so', async () => {
    await created(3, { podManagementPolicy: 'Parallel' });
    expect(names(podsOf(cluster))).toEqual(['web-0', 'web-1', 'web-2']);
    await changed({ replicas: 1 });
    expect(podsOf(cluster).filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(1);
  });

  it('takes the last pod away first, waits until it is gone, and halts while one is not ready', async () => {
    await created(3);
    await run();
    await become('web-0', 'Running');
    await changed({ replicas: 1 });
    const leaving = () => podsOf(cluster).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(names(leaving())).toEqual([]);
    await become('web-0', 'Running', true);
    expect(names(leaving())).toEqual(['web-2']);
    expect(await run()).toEqual(['-1']);
    expect(names(podsOf(cluster))).toEqual(['web-0']);
  });

  it('does not wait for pods that have ended when they are to go: none of them will ever be ready', async () => {
    await created(2);
    await run();
    cluster.lagging = true;
    for (const name of ['web-0', 'web-1']) await cluster.patch('pods', name, { status: { phase: 'Failed' } }, 'status');
    await cluster.patch('statefulsets.apps', 'web', { spec: { replicas: 0 } });
    cluster.lagging = false;
    cluster.deliver();
    await cluster.settle();
    await run();
    expect(podsOf(cluster)).toEqual([]);
  });

  it('counts from ordinals.start, and moves its pods where that changes', async () => {
    await created(2, { ordinals: { start: 3 } });
    await run();
    expect(names(podsOf(cluster))).toEqual(['web-3', 'web-4']);
    await changed({ ordinals: { start: 4 } });
    expect(await run()).toEqual(['-3']);
    expect(names(podsOf(cluster))).toEqual(['web-4', 'web-5']);
  });

  it('replaces pods that have ended, however that was', async () => {
    await created(2);
    await run();
    const uids = podsOf(cluster).map(({ metadata }) => metadata.uid);
    await become('web-0', 'Failed');
    await become('web-1', 'Succeeded');
    await run();
    expect(podsOf(cluster).map(({ metadata, status }) => [metadata.name, status?.phase])).toEqual([
      ['web-0', 'Running'],
      ['web-1', 'Running'],
    ]);
    expect(podsOf(cluster).some(({ metadata }) => uids.includes(metadata.uid))).toBe(false);
  });

  it('replaces one that ends again and again later each time', async () => {
    await created(1);
    const ends = async () => {
      const { uid } = podOf(cluster, 'web-0')!.metadata;
      await become('web-0', 'Failed');
      return podOf(cluster, 'web-0')?.metadata.uid !== uid;
    };
    expect([await ends(), await ends()]).toEqual([true, false]);
    await cluster.pass(1);
    expect([podOf(cluster, 'web-0')?.status?.phase, await ends()]).toEqual(['Pending', false]);
    await cluster.pass(1);
    expect(podOf(cluster, 'web-0')?.status?.phase).toBe('Failed');
    await changed({ template: templateOf('b') });
    expect([podOf(cluster, 'web-0')?.status?.phase, imageOf(podOf(cluster, 'web-0'))]).toEqual(['Pending', 'b']);
  });

  it('updates its pods from the last to the first, each when the one after is ready', async () => {
    await created(3);
    await run();
    const before = setIn(cluster).status?.currentRevision;
    await changed({ template: templateOf('b') });
    expect(setIn(cluster).status).toMatchObject({ currentRevision: before, observedGeneration: 2 });
    expect(setIn(cluster).status).not.toHaveProperty('updatedReplicas');
    expect(await run()).toEqual(['+2', '-1', '+1', '-0', '+0']);
    expect(podsOf(cluster).map(imageOf)).toEqual(['b', 'b', 'b']);
    const { currentRevision, updateRevision, currentReplicas } = setIn(cluster).status!;
    expect([currentRevision === updateRevision, currentRevision === before, currentReplicas]).toEqual([true, false, 3]);
  });

  it('updates those from the partition on only, and makes the others anew of the revision before', async () => {
    await created(3, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
    await run();
    await changed({ template: templateOf('b') });
    await run();
    expect(podsOf(cluster).map(imageOf)).toEqual(['a', 'a', 'b']);
    await gone('web-0');
    await gone('web-2');
    await run();
    expect(podsOf(cluster).map(imageOf)).toEqual(['a', 'a', 'b']);
    expect(setIn(cluster).status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
    await changed({ updateStrategy: { rollingUpdate: { partition: 0 } } });
    await run();
    expect(podsOf(cluster).map(imageOf)).toEqual(['b', 'b', 'b']);
  });

  it('leaves pods alone with OnDelete until somebody deletes them', async () => {
    await created(2, { updateStrategy: { type: 'OnDelete' } });
    await run();
    await changed({ template: templateOf('b') });
    expect(await run()).toEqual([]);
    await gone('web-1');
    await run();
    expect(podsOf(cluster).map(imageOf)).toEqual(['a', 'b']);
  });

  it('comes back from a broken update when its broken pod is deleted, as Kubernetes does', async () => {
    await created(2);
    await run();
    const [first] = revisionsIn(cluster);
    await changed({ template: templateOf('broken') });
    await gone('web-1');
    await become('web-1', 'Pending');
    await changed({ template: templateOf('a') });
    expect(imageOf(podOf(cluster, 'web-1'))).toBe('broken');
    await gone('web-1');
    await run();
    expect(podsOf(cluster).map(imageOf)).toEqual(['a', 'a']);
    expect(
      revisionsIn(cluster).map(({ metadata, revision }) => [metadata.name === first?.metadata.name, revision]),
    ).toEqual([
      [false, 2],
      [true, 3],
    ]);
  });

  it('keeps as many former revisions as revisionHistoryLimit says', async () => {
    await created(1, { revisionHistoryLimit: 1 });
    for (const image of ['b', 'c', 'd']) {
      await run();
      await changed({ template: templateOf(image) });
    }
    await run();
    expect(revisionsIn(cluster).map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('takes a pod for available after minReadySeconds, and goes on then without being told', async () => {
    await created(2, { minReadySeconds: 30 });
    const time = new Date(cluster.clock).toISOString();
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: time }];
    await cluster.patch('pods', 'web-0', { status: { phase: 'Running', conditions } }, 'status');
    await cluster.settle();
    expect(names(podsOf(cluster))).toEqual(['web-0']);
    expect(setIn(cluster).status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    await cluster.pass(30);
    expect(names(podsOf(cluster))).toEqual(['web-0', 'web-1']);
  });

  it('makes the claims of a pod before the pod, mounts them by their names, and keeps them', async () => {
    await created(2, CLAIMS);
    await run();
    expect(claimsIn(cluster).map(({ metadata }) => [metadata.name, metadata.labels, metadata.ownerReferences])).toEqual(
      [
        ['data-web-0', { app: 'web' }, undefined],
        ['data-web-1', { app: 'web' }, undefined],
      ],
    );
    expect(podOf(cluster, 'web-0')?.spec?.volumes?.[0]).toEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-web-0' },
    });
    expect(cluster.notes).toContainEqual(
      expect.objectContaining({
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: 'create Claim data-web-0 Pod web-0 in StatefulSet web success',
        component: 'statefulset-controller',
      }),
    );
    await changed({ replicas: 0 });
    await run();
    expect(claimsIn(cluster)).toHaveLength(2);
  });

  it('owns its claims where they go with it, and has a pod own those that go with the pod', async () => {
    const policy = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } };
    await created(2, { ...CLAIMS, ...policy });
    await run();
    const owners = () => claimsIn(cluster).map((claim) => controllerOf(claim)?.kind);
    expect(owners()).toEqual(['StatefulSet', 'StatefulSet']);
    await changed({ replicas: 1 });
    expect(owners()).toEqual(['StatefulSet', 'Pod']);
    await run();
    await changed({ replicas: 2 });
    expect(names(podsOf(cluster))).toEqual(['web-0']);
    await cluster.delete('persistentvolumeclaims', 'data-web-1');
    await cluster.settle();
    await run();
    expect([names(podsOf(cluster)), owners()]).toEqual([
      ['web-0', 'web-1'],
      ['StatefulSet', 'StatefulSet'],
    ]);
    await changed({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } });
    expect(owners()).toEqual([undefined, undefined]);
  });

  it('waits for a claim that is on its way out, and says so', async () => {
    await cluster.create('persistentvolumeclaims', {
      metadata: { name: 'data-web-0', finalizers: ['example.com/held'] },
      spec: CLAIMS.volumeClaimTemplates[0]!.spec,
    });
    await cluster.delete('persistentvolumeclaims', 'data-web-0');
    await created(1, CLAIMS);
    expect(podsOf(cluster)).toEqual([]);
    expect(cluster.notes.at(-1)).toMatchObject({
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted',
    });
    await cluster.patch('persistentvolumeclaims', 'data-web-0', { metadata: { finalizers: null } });
    await cluster.settle();
    expect(names(podsOf(cluster))).toEqual(['web-0']);
  });

  it('makes a claim anew for a pod that still waits for it', async () => {
    await created(1, CLAIMS);
    await cluster.delete('persistentvolumeclaims', 'data-web-0');
    const held = cluster.journal.get('persistentvolumeclaims', 'default', 'data-web-0');
    if (held !== undefined)
      await cluster.patch('persistentvolumeclaims', 'data-web-0', { metadata: { finalizers: null } });
    await cluster.settle();
    expect(claimsIn(cluster).map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined]);
  });

  it('adopts pods of its name and labels with their revision, and leaves others alone', async () => {
    const labels = { app: 'web' };
    const spec = { containers: [{ name: 'main', image: 'a' }] };
    for (const name of ['web-0', 'web-x', 'other-0'])
      await cluster.create('pods', { metadata: { name, labels }, spec });
    await created(1);
    expect(podsOf(cluster).map((pod) => [pod.metadata.name, controllerOf(pod)?.name])).toEqual([
      ['other-0', undefined],
      ['web-0', 'web'],
      ['web-x', undefined],
    ]);
    await run();
    expect(podOf(cluster, 'web-0')?.metadata.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'web-0' });
  });

  it('gives up pods that no longer match, and does nothing more when it is deleted', async () => {
    await created(1);
    await run();
    await cluster.patch('pods', 'web-0', { metadata: { labels: { app: 'debug' } } });
    await cluster.settle();
    expect(controllerOf(podOf(cluster, 'web-0'))).toBeUndefined();
    await gone('web-0');
    await cluster.pass(1);
    await run();
    await cluster.delete('statefulsets.apps', 'web', { propagationPolicy: 'Foreground' });
    await gone('web-0');
    expect([podsOf(cluster), setIn(cluster).status?.replicas]).toEqual([[], 0]);
  });

  it('says why a pod could not be made: a long name leaves its label no room for the revision', async () => {
    const name = 'w'.repeat(60);
    await cluster.create('statefulsets.apps', { ...setOf(1), metadata: { name } });
    for (let i = 0; i < 500 && cluster.notes.length === 0; i++) {
      cluster.clock += 10;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(cluster.notes[0]).toMatchObject({
      type: 'Warning',
      reason: 'FailedCreate',
      component: 'statefulset-controller',
      message: expect.stringMatching(
        `^create Pod ${name}-0 in StatefulSet ${name} failed error: Pod "${name}-0" is invalid`,
      ),
    });
  });

  it('bears the largest numbers that are valid, and revisions that hold nonsense', async () => {
    await cluster.create('controllerrevisions.apps', {
      metadata: { name: 'odd', labels: { app: 'web' } },
      data: { spec: 'nonsense' },
      revision: 9,
    });
    await created(2_147_483_647);
    await changed({ ordinals: { start: 2_147_483_647 } });
    expect(names(podsOf(cluster))).toEqual(['web-0', 'web-2147483647']);
    expect(cluster.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
