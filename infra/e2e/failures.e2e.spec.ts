import type { Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';
import { RefusingRegistry } from './support/refusing-registry';

const IMAGE = 'busybox:1.36';
const SLEEPS = { command: ['sleep', '1000'] };
/** From the command to all that is to be read of it. */
const LIMIT_MS = 30_000;

/** A pod that fails, and what `kubectl describe` says of it, line by line, with all spaces in a row as one. */
interface Failing {
  readonly spec: Record<string, unknown>;
  readonly says: readonly RegExp[];
}

const onFirst = { nodeName: 'minion-1' };
/** What has a port of the first minion: whoever comes first. */
const ported = () => of({ ...SLEEPS, ports: [{ containerPort: 80, hostPort: 18_098 }] }, onFirst);

/** A pod of one container. */
const of = (container: object, spec: object = {}): Record<string, unknown> => ({
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'c', image: IMAGE, ...container }],
  ...spec,
});
const volumed = (command: string, volume: object) =>
  of(
    { command: ['sh', '-c', command], volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    { volumes: [{ name: 'v', ...volume }] },
  );

function failures(registry: string): Record<string, Failing> {
  const missing = `${registry}/none:1`;
  const secret = `${registry}/secret/app:1`;
  return {
    'an image that its registry does not have': {
      spec: of({ image: missing }, onFirst),
      says: [
        /^Reason: ImagePullBackOff$/,
        /^Warning Failed .*kubelet Failed to pull image ".*\/none:1": .*manifest unknown/,
        /^Warning Failed .*kubelet Error: ErrImagePull$/,
        /^Normal BackOff .*kubelet Back-off pulling image ".*\/none:1"$/,
      ],
    },
    'a registry that refuses': {
      spec: of({ image: secret }, onFirst),
      says: [/^Warning Failed .*Failed to pull image ".*\/secret\/app:1": denied/],
    },
    'a registry that is away': {
      spec: of({ image: 'localhost:1/app:1' }),
      says: [/^Warning Failed .*Failed to pull image "localhost:1\/app:1": .*connection refused$/],
    },
    'an image that may not be pulled': {
      spec: of({ image: 'busybox:nosuch', imagePullPolicy: 'Never' }),
      says: [/^Reason: ErrImageNeverPull$/, /ErrImageNeverPull .*is not present with pull policy of Never$/],
    },
    'a name that is none of an image': {
      spec: of({ image: 'Not An Image' }),
      says: [/^Reason: InvalidImageName$/, /^Warning InspectFailed .*couldn't parse image name "Not An Image"/],
    },
    'a command that is not there': {
      spec: of({ command: ['nosuch'] }),
      says: [
        /^Reason: StartError$/,
        /^Exit Code: 128$/,
        /^Warning Failed .*Error: .*exec: "nosuch": executable file not found in \$PATH/,
        /^Warning BackOff .*Back-off restarting failed container c in pod /,
      ],
    },
    'a program that fails': {
      spec: of({ command: ['sh', '-c', 'echo why > /dev/termination-log; exit 3'] }),
      says: [/^Reason: CrashLoopBackOff$/, /^Message: why$/, /^Exit Code: 3$/, /^Warning BackOff /],
    },
    'a probe that fails': {
      spec: of({
        ...SLEEPS,
        livenessProbe: {
          periodSeconds: 1,
          failureThreshold: 1,
          exec: { command: ['sh', '-c', 'echo unwell; exit 1'] },
        },
        readinessProbe: { periodSeconds: 1, httpGet: { port: 80 } },
      }),
      says: [
        /^Warning Unhealthy .*Liveness probe failed: unwell$/,
        /^Warning Unhealthy .*Readiness probe failed: Get "http:\/\/[\d.]+:80\/": dial tcp [\d.]+:80: connect: connection refused$/,
        /^Normal Killing .*Container c failed liveness probe, will be restarted$/,
      ],
    },
    'more memory than it may have': {
      spec: of(
        { command: ['sh', '-c', 'tail -c 200m /dev/zero'], resources: { limits: { memory: '16Mi' } } },
        { restartPolicy: 'Never' },
      ),
      says: [/^Reason: OOMKilled$/, /^Exit Code: 137$/],
    },
    'a ConfigMap that is not there': {
      spec: of({ envFrom: [{ configMapRef: { name: 'nosuch' } }] }),
      says: [/^Reason: CreateContainerConfigError$/, /^Warning Failed .*Error: configmap "nosuch" not found$/],
    },
    'a volume of a ConfigMap that is not there': {
      spec: volumed('true', { configMap: { name: 'nosuch' } }),
      says: [/^Warning FailedMount .*MountVolume.SetUp failed for volume "v" : configmap "nosuch" not found$/],
    },
    'a port that is taken': {
      spec: ported(),
      says: [
        /^Reason: NodePorts$/,
        /^Message: Pod was rejected: Predicate NodePorts failed: node\(s\) didn't have free ports for the requested pod ports$/,
        /^Warning NodePorts .*kubelet Predicate NodePorts failed/,
      ],
    },
    'no room anywhere': {
      spec: of({ resources: { requests: { cpu: '1000', memory: '1000Gi' } } }),
      says: [
        /^Warning FailedScheduling .*default-scheduler 0\/(\d) nodes are available: \1 Insufficient cpu, \1 Insufficient memory\./,
      ],
    },
    'no room on its node': {
      spec: of({ resources: { requests: { memory: '1000Gi' } } }, onFirst),
      says: [/^Reason: OutOfmemory$/, /^Warning OutOfmemory .*Node didn't have enough resource: memory, requested: /],
    },
    'no such node': {
      spec: of({}, { nodeSelector: { nosuch: 'node' } }),
      says: [/^Warning FailedScheduling .* \d node\(s\) didn't match Pod's node affinity\/selector\./],
    },
    'a volume that is full': {
      spec: volumed('dd if=/dev/zero of=/v/a bs=1M count=9; sleep 1000', { emptyDir: { sizeLimit: '1Mi' } }),
      says: [
        /^Status: Failed$/,
        /^Reason: Evicted$/,
        /^Warning Evicted .*kubelet Usage of EmptyDir volume "v" exceeds the limit "1Mi"\.$/,
      ],
    },
  };
}

describe('what fails is told by kubectl describe, with Kubernetes’ reason, within seconds:', () => {
  const cluster = new TestCluster();
  const namespace = 'failures';
  let registry: RefusingRegistry;
  let deadline: number;
  const kubectl = (...args: string[]) => cluster.kubectl('-n', namespace, ...args);
  const names = Object.keys(failures(''));
  const podNameOf = (failure: string): string => `pod-${names.indexOf(failure)}`;

  /** All of them at once: each test finds its own well under way. */
  beforeAll(async () => {
    const first = cluster.layout.minions[0]!;
    registry = await RefusingRegistry.start(first.netns);
    await cluster.kubectl('create', 'namespace', namespace);
    const pods = Object.entries(failures(registry.host)).map(([name, { spec }]) => podOf(podNameOf(name), spec));
    const template = { metadata: { labels: { app: 'rc' } }, spec: of({}, { serviceAccountName: 'nosuch' }) };
    const spec = { replicas: 2, selector: { app: 'rc' }, template };
    const controller = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'rc' }, spec };
    deadline = Date.now() + LIMIT_MS;
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [podOf('first', ported()), controller, ...pods],
    });
    await cluster.kubectlWith({ input }, '-n', namespace, 'create', '-f', '-');
  });
  afterAll(async () => {
    registry?.stop();
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    await cluster.close();
  });

  const described = async (what: string): Promise<string[]> =>
    (await kubectl('describe', what)).split('\n').map((line) => line.trim().replace(/\s+/g, ' '));

  it.each(names)('%s', async (failure) => {
    const { says } = failures(registry.host)[failure]!;
    await eventually(
      async () => {
        const lines = await described(`pod/${podNameOf(failure)}`);
        const unsaid = says.filter((line) => !lines.some((text) => line.test(text)));
        if (unsaid.length > 0) throw new Error(`not said: ${unsaid.join(', ')}\n${lines.join('\n')}`);
        return true;
      },
      { timeoutMs: Math.max(1_000, deadline - Date.now()) },
    );
  });

  it('each thing once, however often it was tried', async () => {
    const lines = await described('pods');
    const warnings = lines
      .filter((line) => /^Warning Failed /.test(line))
      .map((line) => line.replace(/.*kubelet /, ''));
    expect(warnings.filter((line) => line.includes('exec: "nosuch"'))).toHaveLength(1);
    expect(warnings.filter((line) => line === 'Error: configmap "nosuch" not found')).toHaveLength(1);
  });

  it('pods that are refused, on what makes them, and in no hurry', async () => {
    const why = 'is forbidden: error looking up service account failures/nosuch: serviceaccount "nosuch" not found';
    const lines = await described('rc/rc');
    const told = lines.filter((line) => line.startsWith('Warning FailedCreate'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`replication-controller Error creating: pods "rc-" ${why}$`));
    expect(Number(/\(x(\d+) over/.exec(told[0]!)?.[1] ?? 1)).toBeLessThan(20);
  });
});

function podOf(name: string, spec: unknown): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } as Pod;
}
