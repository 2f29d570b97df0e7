import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { newestKubectl } from './kubectls';
import { NodeRig } from './node-rig';

/** Looks every second, waits for nothing: what is left is the time that usage is measured over. */
const QUICK = {
  HORIZONTAL_POD_AUTOSCALER_SYNC_PERIOD: '1s',
  HORIZONTAL_POD_AUTOSCALER_DOWNSCALE_STABILIZATION: '0s',
  HORIZONTAL_POD_AUTOSCALER_CPU_INITIALIZATION_PERIOD: '0s',
};
const labels = { app: 'burner' };
/** Burns a processor until somebody stops it. */
const burner = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'burner' },
  spec: {
    replicas: 1,
    selector: labels,
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'main',
            image: BUSYBOX,
            command: ['/busybox', 'sh', '-c', 'while [ ! -e /idle ]; do :; done; /busybox sleep 1000'],
            resources: { requests: { cpu: '20m' }, limits: { cpu: '200m' } },
          },
        ],
      },
    },
  },
};

let node: NodeRig;
beforeAll(async () => {
  node = await NodeRig.start(QUICK);
});
afterAll(() => node?.stop());

it('a HorizontalPodAutoscaler follows what real containers use, up and down', async () => {
  const my = new KubectlSession(() => node.rig, newestKubectl(), 'autoscaling');
  const replicas = () => my.run('get rc burner -o jsonpath={.spec.replicas}');
  await my.steps([
    [`create namespace ${my.namespace}`, / created/],
    ['create -f -', / created/, burner],
    ['wait rc/burner --for=jsonpath={.status.readyReplicas}=1 --timeout=30s', /condition met/],
    ['autoscale rc burner --min=1 --max=2 --cpu-percent=50', 'horizontalpodautoscaler.autoscaling/burner autoscaled'],
  ]);
  await eventually(async () => (await replicas()) === '2', { timeoutMs: 30_000 });
  await my.steps([
    ['get hpa burner', /burner +ReplicationController\/burner +cpu: [1-9]\d\d+%\/50% +1 +2 +\d +/],
    ['top pod --no-headers', /^burner-\w{5} +[1-9]\d*m +\d+Mi/],
    ['top node --no-headers', /^node-a +[1-9]\d*m +\d+% +\d+Mi/],
    ['wait rc/burner --for=jsonpath={.status.readyReplicas}=2 --timeout=30s', /condition met/],
  ]);
  const described = await my.run('describe hpa burner');
  expect(described).toMatch(
    /Normal +SuccessfulRescale .* horizontal-pod-autoscaler +New size: 2; reason: cpu resource utilization \(percentage of request\) above target/,
  );
  for (const pod of (await my.run('get pods -o name')).trim().split('\n')) {
    await my.run(`exec ${pod} -- /busybox touch /idle`);
  }
  await eventually(async () => (await replicas()) === '1', { timeoutMs: 40_000 });
  expect(await my.run('describe hpa burner')).toContain('New size: 1; reason: All metrics below target');
});
