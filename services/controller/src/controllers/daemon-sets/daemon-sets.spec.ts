import { controllerOf } from '@shiplog/kube';
import { runPods } from '../../testing/accidents';
import { TestCluster } from '../../testing/cluster';
import { controlledBy } from '../../testing/objects';
import { DaemonSetController } from './controller';
import { imageOf, nodesOf, podsOf, setIn, setOf, staying, templateOf } from './testing/sets';

const NODES = ['node-1', 'node-2', 'node-3'];

describe('a DaemonSet over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const name of NODES) await cluster.create('nodes', { metadata: { name } });
    cluster.run(new DaemonSetController());
  });
  afterEach(() => cluster.stop());

  const created = async (spec: object = {}) => {
    await cluster.create('daemonsets.apps', setOf(spec));
    await cluster.settle();
  };
  const changed = async (spec: object) => {
    await cluster.patch('daemonsets.apps', 'agent', { spec });
    await cluster.settle();
  };
  const node = async (name: string, patch: object) => {
    await cluster.patch('nodes', name, patch);
    await cluster.settle();
  };
  const become = async (on: string, phase: string, ready = false) => {
    const pod = podsOf(cluster).find((each) => nodesOf([each])[0] === on);
    const conditions = [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2024-01-01T00:00:00Z' },
    ];
    await cluster.patch('pods', pod!.metadata.name, { status: { phase, conditions } }, 'status');
    await cluster.settle();
  };
  /** Nodes work once, then the controller; until nothing changes any more, if so told. */
  const work = async () => {
    await runPods(cluster, false);
    await cluster.settle();
  };
  const run = async () => {
    for (let before = -1; before !== cluster.log.length;) {
      before = cluster.log.length;
      await work();
    }
  };
  const images = () => podsOf(cluster).map(imageOf).sort();
  const revisions = () => [...cluster.journal.list('controllerrevisions.apps')].sort((a, b) => a.revision - b.revision);

  it('makes a pod for each node, pinned to it, that bears what nodes have', async () => {
    await created();
    expect(nodesOf(podsOf(cluster))).toEqual(NODES);
    const [pod] = podsOf(cluster);
    const [revision] = revisions();
    expect(pod?.metadata).toMatchObject({
      generateName: 'agent-',
      labels: {
        app: 'agent',
        'controller-revision-hash': revision?.metadata.labels?.['controller-revision-hash'],
        'pod-template-generation': '1',
      },
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', controller: true }],
    });
    expect(revision?.metadata.name).toBe(`agent-${revision?.metadata.labels?.['controller-revision-hash']}`);
    expect(pod?.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: [expect.stringMatching(/^node-/)] }] },
      ],
    });
    expect(pod?.spec?.tolerations?.map(({ key, effect }) => `${key?.split('/')[1]}:${effect}`)).toEqual([
      'not-ready:NoExecute',
      'unreachable:NoExecute',
      'disk-pressure:NoSchedule',
      'memory-pressure:NoSchedule',
      'pid-pressure:NoSchedule',
      'unschedulable:NoSchedule',
    ]);
  });

  it('tells how many there are, are ready, and are of the present template', async () => {
    await created();
    await run();
    expect(setIn(cluster).status).toEqual({
      observedGeneration: 1,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
    });
    const quiet = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it('has a pod for a node that comes, and for none that it does not fit; also when labels change', async () => {
    await created({ template: templateOf('a', { nodeSelector: { color: 'blue' } }) });
    expect([podsOf(cluster).length, setIn(cluster).status?.desiredNumberScheduled]).toEqual([0, 0]);
    await node('node-2', { metadata: { labels: { color: 'blue' } } });
    await cluster.create('nodes', { metadata: { name: 'node-4', labels: { color: 'blue' } } });
    await cluster.settle();
    expect(nodesOf(podsOf(cluster))).toEqual(['node-2', 'node-4']);
    await run();
    await node('node-2', { metadata: { labels: { color: 'green' } } });
    expect(nodesOf(staying(cluster))).toEqual(['node-4']);
    await run();
    expect(setIn(cluster).status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 0 });
  });

  it('comes to no node that it does not tolerate, stays with NoSchedule, and leaves with NoExecute', async () => {
    await created();
    await run();
    await node('node-1', { spec: { taints: [{ key: 'full', effect: 'NoSchedule' }] } });
    await node('node-2', { spec: { taints: [{ key: 'bad', effect: 'NoExecute' }] } });
    await node('node-3', { spec: { unschedulable: true } });
    await run();
    expect(nodesOf(podsOf(cluster))).toEqual(['node-1', 'node-3']);
    expect(setIn(cluster).status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
  });

  it('bears that a node has no network where its pods use the network of the node', async () => {
    await created({ template: templateOf('a', { hostNetwork: true }) });
    expect(podsOf(cluster)[0]?.spec?.tolerations?.map(({ key }) => key)).toContain(
      'node.kubernetes.io/network-unavailable',
    );
  });

  it('replaces pods on at most maxUnavailable nodes at a time, and those that are of no use at once', async () => {
    await created();
    await run();
    await become('node-3', 'Running');
    await changed({ template: templateOf('b') });
    expect(nodesOf(staying(cluster))).toEqual(['node-1', 'node-2']);
    await work();
    expect(images()).toEqual(['a', 'a', 'b']);
    await work();
    expect(nodesOf(staying(cluster))).toHaveLength(2);
    await run();
    expect(images()).toEqual(['b', 'b', 'b']);
    expect(setIn(cluster).status).toMatchObject({
      updatedNumberScheduled: 3,
      numberAvailable: 3,
      observedGeneration: 2,
    });
  });

  it('starts another pod on as many nodes as may surge, and lets the first go once that is available', async () => {
    await created({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    await run();
    await changed({ template: templateOf('b') });
    expect([images(), staying(cluster).length]).toEqual([['a', 'a', 'a', 'b'], 4]);
    await work();
    expect(staying(cluster).map(imageOf).sort()).toEqual(['a', 'a', 'b', 'b']);
    await run();
    expect([images(), nodesOf(podsOf(cluster))]).toEqual([['b', 'b', 'b'], NODES]);
  });

  it('leaves pods alone with OnDelete until somebody deletes them', async () => {
    await created({ updateStrategy: { type: 'OnDelete' } });
    await run();
    await changed({ template: templateOf('b') });
    await run();
    expect(images()).toEqual(['a', 'a', 'a']);
    await cluster.delete('pods', podsOf(cluster)[0]!.metadata.name, { gracePeriodSeconds: 0 });
    await run();
    expect(images()).toEqual(['a', 'a', 'b']);
    expect(setIn(cluster).status).toMatchObject({ updatedNumberScheduled: 1 });
  });

  it('takes back a template under the revision that it had, and forgets those beyond the limit', async () => {
    await created({ revisionHistoryLimit: 1 });
    await run();
    const [first] = revisions();
    for (const image of ['b', 'a']) {
      await changed({ template: templateOf(image) });
      await run();
    }
    expect(revisions().map(({ metadata, revision }) => [metadata.name === first?.metadata.name, revision])).toEqual([
      [false, 2],
      [true, 3],
    ]);
    await changed({ template: templateOf('c') });
    await run();
    expect(revisions().map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('replaces a failed pod at once, the next one of its node later each time, and tells it', async () => {
    await created();
    await run();
    await become('node-1', 'Failed');
    await run();
    expect(podsOf(cluster).every(({ status }) => status?.phase === 'Running')).toBe(true);
    expect(cluster.notes[0]).toMatchObject({
      type: 'Warning',
      reason: 'FailedDaemonPod',
      message: expect.stringMatching(
        /^Found failed daemon pod default\/agent-\w+ on node node-1, will try to kill it$/,
      ),
    });
    await become('node-1', 'Failed');
    expect(podsOf(cluster).map(({ status }) => status?.phase)).toContain('Failed');
    await cluster.pass(1);
    await run();
    expect(podsOf(cluster).map(({ status }) => status?.phase)).not.toContain('Failed');
  });

  it('keeps the oldest of several pods on a node, and those of a node that is gone to others', async () => {
    await created();
    await run();
    const owner = controlledBy(setIn(cluster));
    const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'a' }] };
    cluster.clock += 1_000;
    await cluster.create('pods', {
      metadata: { name: 'second', labels: { app: 'agent' }, ownerReferences: [owner] },
      spec,
    });
    await cluster.settle();
    expect(staying(cluster).map(({ metadata }) => metadata.name)).not.toContain('second');
    await cluster.delete('nodes', 'node-3');
    await run();
    expect(setIn(cluster).status).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 0 });
    expect(nodesOf(podsOf(cluster))).toEqual(NODES);
  });

  it('removes what waits for a node that is gone: nobody else would', async () => {
    await created();
    await cluster.delete('nodes', 'node-3');
    await cluster.settle();
    expect(nodesOf(podsOf(cluster))).toEqual(['node-1', 'node-2']);
  });

  it('adopts pods and revisions of its labels, and gives up those that no longer match', async () => {
    const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'a' }] };
    await cluster.create('pods', { metadata: { name: 'orphan', labels: { app: 'agent' } }, spec });
    await created();
    expect([podsOf(cluster).length, controllerOf(cluster.journal.get('pods', 'default', 'orphan'))?.name]).toEqual([
      3,
      'agent',
    ]);
    await cluster.patch('pods', 'orphan', { metadata: { labels: { app: 'debug' } } });
    await cluster.settle();
    expect(controllerOf(cluster.journal.get('pods', 'default', 'orphan'))).toBeUndefined();
    expect(nodesOf(podsOf(cluster))).toEqual(['node-1', ...NODES]);
  });

  it('lets somebody make another revision of the same template, and has one of them when it looks again', async () => {
    await created();
    await run();
    const [first] = revisions();
    const { metadata, data } = first!;
    await cluster.create('controllerrevisions.apps', {
      metadata: { name: 'agent-other', labels: { app: 'agent' }, ownerReferences: metadata.ownerReferences },
      data,
      revision: 2,
    });
    await cluster.settle();
    expect(revisions()).toHaveLength(2);
    await cluster.delete('controllerrevisions.apps', metadata.name);
    await run();
    expect(revisions().map(({ metadata: { name, labels } }) => [name, labels?.['controller-revision-hash']])).toEqual([
      ['agent-other', 'agent-other'],
    ]);
    expect(images()).toEqual(['a', 'a', 'a']);
    await changed({ template: templateOf('b') });
    await run();
    expect(revisions().map(({ revision }) => revision)).toEqual([2, 3]);
  });

  it('does nothing more when it is deleted', async () => {
    await created();
    await cluster.delete('daemonsets.apps', 'agent', { propagationPolicy: 'Foreground' });
    await cluster.delete('pods', podsOf(cluster)[0]!.metadata.name, { gracePeriodSeconds: 0 });
    await cluster.settle();
    expect(podsOf(cluster)).toHaveLength(2);
  });
});
