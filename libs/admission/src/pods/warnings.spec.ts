import { builtIn, type PodSpec } from '@shiplog/contracts';
import { aPod, created } from '../testing/builders';
import { warningsOf } from '../warnings';
import { podWarnings } from './warnings';

const main = { name: 'main', image: 'i' };
const warned = (spec: Partial<PodSpec>): readonly string[] => warningsOf(builtIn('pods'), created('pods', aPod(spec)));
const ofContainer = (fields: object): readonly string[] => warned({ containers: [{ ...main, ...fields }] });

describe('what a pod is warned of', () => {
  it('is nothing for most', () => {
    expect(warned({})).toEqual([]);
    expect(
      ofContainer({ resources: { requests: { memory: '1Ki', cpu: '100m' }, limits: { memory: '1.5Ki' } } }),
    ).toEqual([]);
  });

  it('are amounts of bytes that are not whole', () => {
    const amounts = { memory: '0.5', 'ephemeral-storage': '1100m' };
    const description = (where: string, amount: string) =>
      `spec.containers[0].resources.${where}: fractional byte value "${amount}" is invalid, must be an integer`;
    expect(ofContainer({ resources: { requests: amounts } })).toEqual([
      description('requests[memory]', '500m'),
      description('requests[ephemeral-storage]', '1100m'),
    ]);
    expect(ofContainer({ resources: { limits: { memory: '100m' } } })).toEqual([
      description('limits[memory]', '100m'),
      description('requests[memory]', '100m'),
    ]);
  });

  it('are variables that hide others, and not those that add to them', () => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'A', value: '$(A)b' },
      { name: 'A', value: '$(A)' },
      { name: 'A', value: 'c' },
    ];
    expect(ofContainer({ env })).toEqual(
      [2, 3].map(
        (i) => `spec.containers[0].env[${i}]: hides previous definition of "A", which may be dropped when using apply`,
      ),
    );
  });

  it('are ports that are given twice, and host addresses without a port', () => {
    const ports = [
      { containerPort: 80 },
      { containerPort: 80, hostPort: 81 },
      { containerPort: 90, hostIP: '10.0.0.1' },
    ];
    expect(
      warned({
        containers: [
          { ...main, ports },
          { ...main, name: 'b', ports: [{ containerPort: 80 }] },
        ],
      }),
    ).toEqual([
      'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
      'spec.containers[0].ports[2]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:90 Protocol:TCP HostIP:10.0.0.1}',
      'spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
      'spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[1]',
    ]);
  });

  it('are entries given twice, old labels of nodes, old volumes, and selectors that choose nothing', () => {
    expect(
      warned({
        hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }],
        imagePullSecrets: [{ name: 'a' }, { name: 'a' }],
        nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
        volumes: [{ name: 'v', gitRepo: { repository: 'r' } }],
      }),
    ).toEqual([
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
      'spec.volumes[0].gitRepo: deprecated in v1.11',
      'spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
      'spec.imagePullSecrets[1].name: duplicate name "a"',
    ]);
  });

  it('are annotations that do nothing any more, and profiles that they name where the field is empty', () => {
    const annotations = {
      'scheduler.alpha.kubernetes.io/critical-pod': '',
      'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
      'container.seccomp.security.alpha.kubernetes.io/main': 'runtime/default',
      'container.apparmor.security.beta.kubernetes.io/main': 'unconfined',
    };
    const podOf = (spec: Partial<PodSpec>) => {
      const pod = aPod(spec);
      return created('pods', { ...pod, metadata: { ...pod.metadata, annotations } });
    };
    const critical =
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead';
    const seccomp = ['seccomp.security.alpha.kubernetes.io/pod', 'container.seccomp.security.alpha.kubernetes.io/main'];
    expect(warningsOf(builtIn('pods'), podOf({ containers: [main] }))).toEqual([
      critical,
      ...seccomp.map(
        (key) => `metadata.annotations[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`,
      ),
    ]);
    const profile = { seccompProfile: { type: 'RuntimeDefault' } };
    const set = podOf({ securityContext: profile, containers: [{ ...main, securityContext: profile }] });
    expect(warningsOf(builtIn('pods'), set)).toEqual([critical]);
    const template = podWarnings({ metadata: { annotations }, spec: { containers: [main] } }, 'spec.template');
    expect(template).toContain(
      'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/main]: deprecated since v1.30; use the "appArmorProfile" field instead',
    );
  });

  it('are old labels of nodes and terms about no pods in affinities, and parts of bytes wherever there are any', () => {
    const term = { matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'Exists' }] };
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: term }],
      },
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
    };
    const claimTemplate = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '100m' } } } };
    const advice = 'beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead';
    const fractional = 'fractional byte value "100m" is invalid, must be an integer';
    expect(
      podWarnings({
        spec: {
          containers: [main],
          affinity,
          overhead: { memory: '100m' },
          imagePullSecrets: [{}],
          volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: claimTemplate } }],
        },
      }),
    ).toEqual([
      `spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: ${advice}`,
      `spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: ${advice}`,
      `spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: ${fractional}`,
      'spec.imagePullSecrets[0].name: invalid empty name ""',
      `spec.overhead[memory]: ${fractional}`,
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
    ]);
  });

  it('are files of a volume that stand in the way of others', () => {
    const items = (...paths: string[]) => paths.map((path) => ({ key: 'k', path }));
    const volumes = [
      { name: 'a', configMap: { name: 'c', items: items('x', 'x/y', 'xy') } },
      { name: 'b', secret: { secretName: 's', items: items('x/', 'x') } },
      { name: 'c', downwardAPI: { items: [{ path: 'x' }, { path: 'x' }] } },
      {
        name: 'd',
        projected: {
          sources: [
            { configMap: { name: 'c', items: items('x') } },
            { secret: { name: 's', items: items('x/y') } },
            { serviceAccountToken: { path: 'token' } },
            { downwardAPI: { items: [{ path: 'token' }] } },
            { clusterTrustBundle: { name: 'ca', path: 'token' } },
          ],
        },
      },
    ];
    expect(podWarnings({ spec: { containers: [main], volumes } })).toEqual([
      'volume "a" (ConfigMap "c"): overlapping paths: "x/y" with "x"',
      'volume "b" (Secret "s"): overlapping paths: "x" with "x"',
      'volume "c" (DownwardAPI): overlapping paths: "x" with "x"',
      'volume "d" (Projected Secret "s"): overlapping paths: "x/y" with "x"',
      'volume "d" (Projected DownwardAPI): overlapping paths: "token" with "token"',
      'volume "d" (Projected ClusterTrustBundle "ca"): overlapping paths: "token" with "token"',
    ]);
  });

  it('is a name that is no label of DNS, at its creation only', () => {
    const pod = created('pods', { ...aPod({}), metadata: { name: 'a.b', namespace: 'default' } });
    expect(warningsOf(builtIn('pods'), pod)).toEqual([
      expect.stringMatching(
        /^metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: \[/,
      ),
    ]);
    expect(warningsOf(builtIn('pods'), pod, pod)).toEqual([]);
  });
});

describe('what a replication controller is warned of', () => {
  it('is its template, when the spec is a new one', () => {
    const containers = [{ ...main, resources: { requests: { memory: '100m' } } }];
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers } };
    const rc = created('replicationcontrollers', {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'rc', namespace: 'default' },
      spec: { template },
    });
    const warning =
      'template.spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer';
    expect(warningsOf(builtIn('replicationcontrollers'), rc)).toEqual([warning]);
    expect(warningsOf(builtIn('replicationcontrollers'), rc, rc)).toEqual([]);
    const older = { ...rc, metadata: { ...rc.metadata, generation: 0 } };
    expect(warningsOf(builtIn('replicationcontrollers'), rc, older)).toEqual([warning]);
  });
});
