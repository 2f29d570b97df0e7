import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession, type Step } from './kubectl-session';
import { findKubectls } from './kubectls';
import { NODE, NodeRig } from './node-rig';

const client = findKubectls().present.at(-1)!;

let node: NodeRig;
beforeAll(async () => {
  node = await NodeRig.start();
});
afterAll(() => node?.stop());

const my = new KubectlSession(() => node.rig, client, 'volumes');

const claim = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } }, ...spec },
});
const pod = (name: string, claimName: string, script: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    terminationGracePeriodSeconds: 0,
    restartPolicy: 'Never',
    containers: [
      {
        name: 'main',
        image: BUSYBOX,
        command: ['/busybox', 'sh', '-c', script],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
  },
});
const create = (object: object): Step => ['create -f -', / created/, object];
const comesTo = (what: string, phase: string): Step => [
  `wait --for=jsonpath={.status.phase}=${phase} ${what} --timeout=20s`,
  / condition met/,
];
const directories = () => readdir(join(node.stateDir, 'local-volumes'));
const gone = (what: string) => eventually(async () => (await my.run(`get ${what} --ignore-not-found`)) === '');

it('makes a volume for a claim where its first pod runs, which keeps what pods write, and goes with the claim', async () => {
  await my.steps([
    ['create namespace volumes', 'namespace/volumes created'],
    ['get storageclass', /local \(default\) +shiplog.dev\/local +Delete +WaitForFirstConsumer +true/],
    create(claim('data')),
    ['get pvc data', /data +Pending +local/],
    ['describe pvc data', /WaitForFirstConsumer .*waiting for first consumer to be created before binding/],
    create(pod('writes', 'data', '/busybox echo kept > /data/file')),
    comesTo('pod/writes', 'Succeeded'),
    ['get pvc data', /data +Bound +pvc-[0-9a-f-]+ +64Mi +RWO +local/],
    ['get pv', /pvc-[0-9a-f-]+ +64Mi +RWO +Delete +Bound +volumes\/data +local/],
    ['delete pod writes', /"writes" deleted/],
    create(pod('reads', 'data', '/busybox cat /data/file; /busybox sleep 1000')),
    comesTo('pod/reads', 'Running'),
  ]);
  await eventually(async () => (await my.run('logs reads')) === 'kept\n');
  expect(await directories()).toHaveLength(1);
  await my.steps([
    ['delete pvc data --wait=false', /"data" deleted/],
    ['get pvc data', /data +Terminating/],
    ['delete pod reads', /"reads" deleted/],
  ]);
  await gone('pvc data');
  await gone('pv');
  expect(await directories()).toEqual([]);
});

it('binds claims to volumes that there are, and keeps a retained one with its files', async () => {
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'made' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: join(node.stateDir, 'made'), type: 'DirectoryOrCreate' },
    },
  };
  await my.steps([
    create(claim('early', { storageClassName: '' })),
    create(pod('waits', 'early', '/busybox echo found > /data/file')),
  ]);
  const message = 'get pod waits -o jsonpath={.status.conditions[0].message}';
  const unbound =
    '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. ' +
    'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  await eventually(async () => (await my.run(message)) === unbound);
  await my.steps([
    create(volume),
    comesTo('pvc/early', 'Bound'),
    comesTo('pod/waits', 'Succeeded'),
    ['delete pod waits', / deleted/],
    ['delete pvc early', / deleted/],
    comesTo('pv/made', 'Released'),
  ]);
  expect(await readdir(join(node.stateDir, 'made'))).toEqual(['file']);
  await my.steps([['delete pv made', / deleted/]]);
});

it('starts no pod with a claim that is not there, and says so', async () => {
  await my.steps([create(pod('lost', 'absent', 'true'))]);
  const unavailable = `0/1 nodes are available: persistentvolumeclaim "absent" not found.`;
  await eventually(async () => (await my.run('describe pod lost')).includes(unavailable));
  await my.steps([create(claim('absent')), comesTo('pod/lost', 'Succeeded')]);
  await my.steps([
    ['delete pod lost', / deleted/],
    ['delete pvc absent', / deleted/],
  ]);
  expect(await my.run(`get node ${NODE} -o name`)).toContain(NODE);
});
