import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { newestKubectl } from './kubectls';
import { NodeRig } from './node-rig';

const client = newestKubectl();
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', annotations: { 'kubernetes.io/change-cause': 'the first' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: BUSYBOX, command: ['/busybox', 'sleep', '1000'] }],
      },
    },
  },
};
const ROLLED_OUT = /deployment "web" successfully rolled out\n$/;
const IN_TIME = '--timeout=60s';

let node: NodeRig;
beforeAll(async () => {
  node = await NodeRig.start();
});
afterAll(() => node?.stop());

describe('a Deployment through kubectl', () => {
  const my = new KubectlSession(() => node.rig, client, 'deployments');
  const of = (what: string, path: string) => my.run(`get ${what} -o jsonpath={${path}}`);

  beforeAll(async () => {
    await my.run(`create namespace ${my.namespace}`);
    await my.steps([
      ['create -f -', 'deployment.apps/web created', deployment],
      [`rollout status deployment/web ${IN_TIME}`, ROLLED_OUT],
    ]);
  });

  it('is listed and described with its set and what happened to it', async () => {
    const hash = await of('replicasets', '.items[0].metadata.labels.pod-template-hash');
    await my.steps([
      ['get deployment web', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s\n$/],
      ['describe deployment web', new RegExp(`NewReplicaSet: +web-${hash} \\(2/2 replicas created\\)`)],
      [
        'describe deployment web',
        /ScalingReplicaSet +\d+s +deployment-controller +Scaled up replica set web-\w+ from 0 to 2/,
      ],
      [
        'describe replicaset',
        /SuccessfulCreate +\d+s +(\(x\d+ over \d+s\) +)?replicaset-controller +Created pod: web-/,
      ],
      ['get pods -l app=web --no-headers', /^(web-\w+-\w{5} +1\/1 +Running +0 +\d+s\n){2}$/],
    ]);
  });

  it('is scaled, by the number that it is known to have', async () => {
    await my.steps([
      ['scale deployment web --replicas=3 --current-replicas=2', 'deployment.apps/web scaled'],
      [`rollout status deployment/web ${IN_TIME}`, ROLLED_OUT],
      ['get deployment web --no-headers', /^web +3\/3 +3 +3 /],
      ['scale deployment web --replicas=1', 'deployment.apps/web scaled'],
      ['wait deployment/web --for=jsonpath={.status.replicas}=1 --timeout=30s', /condition met/],
    ]);
    await my.refuses('scale deployment web --replicas=5 --current-replicas=4', /Expected replicas to be 4, was 1/);
  });

  it('waits for an image that there is none of, and returns to the one before', async () => {
    await my.steps([
      ['patch deployment web -p {"spec":{"progressDeadlineSeconds":2}}', 'deployment.apps/web patched'],
      ['set image deployment/web main=registry.invalid/none:1', 'deployment.apps/web image updated'],
      ['annotate deployment web kubernetes.io/change-cause=no_such_image --overwrite', /annotated/],
      ['wait deployment/web --for=condition=Progressing=false --timeout=30s', /condition met/],
    ]);
    await my.refuses('rollout status deployment/web', /error: deployment "web" exceeded its progress deadline/);
    await my.steps([
      ['get deployment web --no-headers', /^web +1\/1 +1 +1 /],
      ['rollout history deployment/web', /REVISION +CHANGE-CAUSE\n1 +the first\n2 +no_such_image\n/],
      ['rollout history deployment/web --revision=2', /Image:\s+registry\.invalid\/none:1\n/],
      ['rollout undo deployment/web', 'deployment.apps/web rolled back'],
      [`rollout status deployment/web ${IN_TIME}`, ROLLED_OUT],
      ['rollout history deployment/web', /REVISION +CHANGE-CAUSE\n2 +no_such_image\n3 +the first\n/],
    ]);
    await my.refuses('rollout undo deployment/web --to-revision=9', /unable to find specified revision 9 in history/);
  });

  it('does nothing while it is paused, and all of it at once when it is resumed', async () => {
    const before = await of('deployment web', '.status.updatedReplicas');
    await my.steps([
      ['rollout pause deployment/web', 'deployment.apps/web paused'],
      ['set env deployment/web A=1', 'deployment.apps/web env updated'],
      ['set env deployment/web B=2', 'deployment.apps/web env updated'],
      ['wait deployment/web --for=condition=Progressing=unknown --timeout=30s', /condition met/],
    ]);
    await my.refuses('rollout undo deployment/web', /cannot rollback a paused deployment/);
    expect([before, await of('replicasets', '.items[*].spec.replicas')]).toEqual([
      '1',
      expect.stringMatching(/^(0 1|1 0)$/),
    ]);
    await my.steps([
      ['rollout resume deployment/web', 'deployment.apps/web resumed'],
      [`rollout status deployment/web ${IN_TIME}`, ROLLED_OUT],
      ['rollout history deployment/web', /\n4 +the first\n/],
      ['get pods -l app=web -o jsonpath={.items[*].spec.containers[0].env[*].name}', 'A B'],
    ]);
  });

  it('starts its pods again, each anew', async () => {
    const before = await of('pods -l app=web', '.items[*].metadata.name');
    await my.steps([
      ['rollout restart deployment/web', 'deployment.apps/web restarted'],
      [`rollout status deployment/web ${IN_TIME}`, ROLLED_OUT],
      ['wait pods -l app=web --for=condition=Ready --timeout=30s', / condition met\n$/],
    ]);
    expect(await of('pods -l app=web', '.items[*].metadata.name')).not.toContain(before);
  });

  it('leaves its set and its pods where only it is to go, and takes them back by another of its name', async () => {
    const { uid } = { uid: await of('pods -l app=web', '.items[0].metadata.uid') };
    const sets = await of('replicasets', '.items[*].metadata.name');
    await my.steps([
      ['delete deployment web --cascade=orphan', 'deployment.apps "web" deleted'],
      ['get deployments', /^No resources found/],
    ]);
    expect(await of('replicasets', '.items[*].metadata.name')).toBe(sets);
    expect(await of('replicasets', '.items[*].metadata.ownerReferences')).toBe('');
    const template = JSON.parse(await of('replicasets', '.items[?(@.spec.replicas==1)].spec.template'));
    delete template.metadata.labels['pod-template-hash'];
    await my.steps([
      ['create -f -', /created/, { ...deployment, spec: { ...deployment.spec, replicas: 1, template } }],
      [`rollout status deployment/web ${IN_TIME}`, ROLLED_OUT],
    ]);
    expect(await of('pods -l app=web', '.items[*].metadata.uid')).toBe(uid);
    await my.steps([
      ['delete deployment web --cascade=foreground --timeout=60s', 'deployment.apps "web" deleted'],
      ['get replicasets,pods', /^No resources found/],
    ]);
  });
});
