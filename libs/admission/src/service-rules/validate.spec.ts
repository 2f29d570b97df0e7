import { builtIn, type ServiceSpec, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { aService, admission, causesOf, created, valueOf } from '../testing/builders';

const causes = (spec: Partial<ServiceSpec>) => causesOf(admitCreate(builtIn('services'), aService(spec), admission()));
const balanced = { type: 'LoadBalancer' };
const local = { ...balanced, externalTrafficPolicy: 'Local' };
const external = { type: 'ExternalName', externalName: 'example.com', ports: undefined };
const ONLY_BALANCED = "may only be used when `type` is 'LoadBalancer'";
const HEALTH = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";

describe('a service is refused', () => {
  it.each<[string, Partial<ServiceSpec>, string]>([
    [
      'with a family of no addresses',
      { ipFamilies: ['IPv9'] },
      'spec.ipFamilies[0]: Unsupported value: "IPv9": supported values: "IPv4", "IPv6"',
    ],
    [
      'with a family that the cluster has not',
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      'with an unknown policy of families',
      { ipFamilyPolicy: 'X' },
      'spec.ipFamilyPolicy: Unsupported value: "X": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [
      'that must have both families',
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'with two addresses of one family',
      { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', '10.96.0.8'] },
      'spec.clusterIPs: Invalid value: []string{"10.96.0.7", "10.96.0.8"}: may specify no more than one IP for each IP family',
    ],
    [
      'that has none, and another',
      { clusterIP: 'None', clusterIPs: ['None', '10.96.0.8'] },
      `spec.clusterIPs: Invalid value: []string{"None", "10.96.0.8"}: 'None' must be the first and only value`,
    ],
    [
      'that is a name with an address',
      { ...external, clusterIP: '10.96.1.1' },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
    [
      'that is a name with families',
      { ...external, ipFamilies: ['IPv4'] },
      'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
    ],
    [
      'with a health check that nobody makes',
      { healthCheckNodePort: 30000 },
      `spec.healthCheckNodePort: Invalid value: 30000: ${HEALTH}`,
    ],
    [
      'with a health check of every node',
      { ...balanced, healthCheckNodePort: 30000 },
      `spec.healthCheckNodePort: Invalid value: 30000: ${HEALTH}`,
    ],
    [
      'with a health check at no port',
      { ...local, healthCheckNodePort: 70000 },
      'spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'with a class of balancers it has none of',
      { loadBalancerClass: 'example.com/fast' },
      `spec.loadBalancerClass: Forbidden: ${ONLY_BALANCED}`,
    ],
    [
      'with sources of a balancer it has not',
      { loadBalancerSourceRanges: ['192.0.2.0/24'] },
      `spec.LoadBalancerSourceRanges: Forbidden: ${ONLY_BALANCED}`,
    ],
    [
      'with sources that are no network',
      { ...balanced, loadBalancerSourceRanges: ['192.0.2.7'] },
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "192.0.2.7": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'with ports for a balancer it has not',
      { allocateLoadBalancerNodePorts: true },
      `spec.allocateLoadBalancerNodePorts: Forbidden: ${ONLY_BALANCED}`,
    ],
    [
      'that would lead to kubelets',
      { ...balanced, ports: [{ port: 10250 }] },
      'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
    ],
  ])('%s', (_what, spec, cause) => {
    expect(causes(spec)).toEqual([cause]);
  });

  it('with a protocol that is no name', () => {
    expect(causes({ ports: [{ port: 80, appProtocol: 'bad proto' }] })).toEqual([
      expect.stringContaining('spec.ports[0].appProtocol: Invalid value: "bad proto": name part must consist of'),
    ]);
  });

  it('with an address of a family that the cluster has not', () => {
    expect(causes({ clusterIP: 'fd00::1' })).toEqual([
      'spec.clusterIPs[0]: Invalid value: []string{"fd00::1"}: IPv6 is not configured on this cluster',
    ]);
  });

  it('with a list of addresses that it does not begin', () => {
    expect(causes({ clusterIPs: ['10.96.0.7'] })).toEqual([
      'spec.clusterIPs: Invalid value: []string{"10.96.0.7"}: must be empty when `clusterIP` is not specified',
    ]);
  });

  it('with a port twice, which is told as Go writes it', () => {
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 80 },
    ];
    expect(causes({ ports })).toEqual([
      'spec.ports[1]: Duplicate value: core.ServicePort{Name:"", Protocol:"TCP", AppProtocol:(*string)(nil), Port:80, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}',
    ]);
  });

  it('with a distribution of its traffic that there is none of', () => {
    expect(causes({ trafficDistribution: 'PreferFar' })).toEqual([
      'spec.trafficDistribution: Unsupported value: "PreferFar": supported values: "PreferClose"',
    ]);
  });

  it('with two families that it may not have', () => {
    expect(causes({ ipFamilies: ['IPv4', 'IPv6'] })[0]).toBe(
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    );
  });
});

describe('the families of a service', () => {
  it('are different ones', () => {
    expect(causes({ ipFamilies: ['IPv4', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' })).toEqual([
      'spec.ipFamilies[1]: Duplicate value: "IPv4"',
    ]);
  });
});

describe('a service without a selector and an address', () => {
  const families = (spec: Partial<ServiceSpec>) => {
    const made = admitCreate(
      builtIn('services'),
      aService({ clusterIP: 'None', selector: undefined, ...spec }),
      admission(),
    );
    const { ipFamilies, ipFamilyPolicy } = valueOf(made)['spec'] as ServiceSpec;
    return [ipFamilyPolicy, ...(ipFamilies ?? [])];
  };

  it('has both families unless it says otherwise', () => {
    expect(families({})).toEqual(['RequireDualStack', 'IPv4', 'IPv6']);
    expect(families({ ipFamilies: ['IPv6'] })).toEqual(['RequireDualStack', 'IPv6', 'IPv4']);
    expect(families({ ipFamilyPolicy: 'PreferDualStack' })).toEqual(['PreferDualStack', 'IPv4', 'IPv6']);
    expect(families({ ipFamilyPolicy: 'SingleStack' })).toEqual(['SingleStack', 'IPv4']);
    expect(families({ selector: { app: 'web' } })).toEqual(['SingleStack', 'IPv4']);
  });

  it('keeps its policy until another one is sent', () => {
    const before = created('services', aService({ ipFamilyPolicy: 'PreferDualStack' }));
    const after = valueOf(admitUpdate(builtIn('services'), undefined, before, aService(), admission()));
    expect(after['spec']).toMatchObject({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4'] });
  });

  it('keeps them when its manifest is sent again', () => {
    const sent = aService({ clusterIP: 'None', selector: undefined });
    const before = created('services', sent);
    expect(valueOf(admitUpdate(builtIn('services'), undefined, before, sent, admission()))['spec']).toBe(before.spec);
    const others = aService({ selector: undefined });
    expect(valueOf(admitUpdate(builtIn('services'), undefined, before, others, admission()))['spec']).toBe(before.spec);
  });
});

describe('a service may be', () => {
  it.each<[string, Partial<ServiceSpec>]>([
    ['of both families where it can', { ipFamilyPolicy: 'PreferDualStack' }],
    ['of the cluster’s family', { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }],
    ['of any family when it has no address and no pods', { clusterIP: 'None', ipFamilies: ['IPv6'], selector: {} }],
    ['checked on each node', { ...local, healthCheckNodePort: 32000 }],
    ['checked at a port that is found later', local],
    ['of a class of balancers', { ...balanced, loadBalancerClass: 'example.com/fast' }],
    ['for some networks', { ...balanced, loadBalancerSourceRanges: [' 192.0.2.0/24 ', '2001:db8::/64'] }],
    ['spoken in a protocol', { ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] }],
    ['a name', external],
  ])('%s', (_what, spec) => {
    expect(causes(spec)).toEqual([]);
  });
});

describe('a service that changes', () => {
  const before = created('services', aService({ ...local, healthCheckNodePort: 32000, loadBalancerClass: 'a/b' }));
  const update = (spec: Partial<ServiceSpec>, from: StoredObject = before) =>
    admitUpdate(
      builtIn('services'),
      undefined,
      from,
      { ...from, spec: { ...(from['spec'] as ServiceSpec), ...spec } },
      admission(),
    );

  it.each(['ClusterIP', 'NodePort'])('to %s forgets what only a balanced one has', (type) => {
    const spec = JSON.stringify(valueOf(update({ type }))['spec']);
    expect(spec).not.toMatch(/allocateLoadBalancerNodePorts|loadBalancerClass|healthCheckNodePort/);
  });

  it('to another type loses what its balancer said', () => {
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.7', ipMode: 'VIP' }] } };
    const known = { ...before, status } as StoredObject;
    expect(valueOf(update({ publishNotReadyAddresses: true }, known))['status']).toBe(status);
    expect(valueOf(update({ type: 'NodePort' }, known))['status']).toEqual({ loadBalancer: {} });
  });

  it('has a policy of external traffic for as long as there may be such', () => {
    const outside = created('services', aService({ externalIPs: ['192.0.2.7'] }));
    expect(outside.spec?.externalTrafficPolicy).toBe('Cluster');
    const inside = valueOf(update({ externalIPs: [] }, outside))['spec'];
    expect(inside).not.toHaveProperty('externalTrafficPolicy');
    expect(causesOf(update({ externalIPs: [], externalTrafficPolicy: 'Local' }, outside))).toEqual([
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ]);
  });

  it('is told when it says something new of what it no longer has', () => {
    expect(causesOf(update({ type: 'ClusterIP', loadBalancerClass: 'c/d' }))).toEqual([
      `spec.loadBalancerClass: Forbidden: ${ONLY_BALANCED}`,
    ]);
    expect(causesOf(update({ ...external, clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'] }))).toContain(
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    );
  });

  it('keeps its balancer’s class and the port of its health checks', () => {
    expect(causesOf(update({ loadBalancerClass: 'c/d' }))).toEqual([
      'spec.loadBalancerClass: Invalid value: "c/d": may not change once set',
    ]);
    expect(causesOf(update({ healthCheckNodePort: 32001 }))).toEqual([
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    ]);
    expect(valueOf(update({ healthCheckNodePort: undefined }))['spec']).toBe(before.spec);
  });

  it('can be labelled when it is from before a rule', () => {
    const plain = created('services', aService());
    const old = { ...plain, spec: { ...plain.spec, loadBalancerSourceRanges: ['192.0.2.0/24'] } };
    const labelled = { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } };
    expect(valueOf(admitUpdate(builtIn('services'), undefined, old, labelled, admission()))['spec']).toBe(old.spec);
    expect(causesOf(update({ publishNotReadyAddresses: true }, old))).toEqual([
      `spec.LoadBalancerSourceRanges: Forbidden: ${ONLY_BALANCED}`,
    ]);
  });
});
