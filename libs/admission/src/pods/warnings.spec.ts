import { builtIn, type PodSpec } from '@shiplog/contracts';
import { aPod, created } from '../testing/builders';
import { warningsOf } from '../warnings';

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
