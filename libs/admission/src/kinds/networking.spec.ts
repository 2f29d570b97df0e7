import { builtIn, type BuiltIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { FewObjects, admission, causesOf, created, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const GROUP = 'networking.k8s.io/v1';

const object = (kind: string, fields: object, metadata: KubeObject['metadata'] = {}): KubeObject => ({
  apiVersion: GROUP,
  kind,
  metadata: {
    name: 'x',
    ...(['Ingress', 'NetworkPolicy'].includes(kind) ? { namespace: 'default' } : {}),
    ...metadata,
  },
  ...fields,
});
const causes = (resource: BuiltIn, given: KubeObject) => causesOf(admitCreate(builtIn(resource), given, admission()));
const changed = (resource: BuiltIn, before: KubeObject, fields: object) =>
  causesOf(admitUpdate(builtIn(resource), undefined, stored(before), { ...before, ...fields }, admission()));

const service = { service: { name: 'web', port: { number: 80 } } };
const path = (fields: object = {}) => ({ path: '/', pathType: 'Prefix', backend: service, ...fields });
const rule = (...paths: object[]) => ({ host: 'example.com', http: { paths } });
const ingress = (spec: object, metadata: KubeObject['metadata'] = {}) => object('Ingress', { spec }, metadata);

describe('an ingress', () => {
  it('is kept as it is, with its status begun', () => {
    const spec = {
      ingressClassName: 'nginx',
      defaultBackend: { resource: { apiGroup: 'k8s.example.com', kind: 'StorageBucket', name: 'static' } },
      tls: [{ hosts: ['example.com', '*.example.com'], secretName: 'tls' }],
      rules: [
        rule(path(), path({ path: '/a', pathType: 'Exact' })),
        { host: '*.example.com', http: { paths: [path()] } },
      ],
    };
    const made = created('ingresses.networking.k8s.io', ingress(spec));
    expect(made.spec).toEqual(spec);
    expect(made.status).toEqual({ loadBalancer: {} });
    expect(made.metadata.generation).toBe(1);
  });

  const backend = 'spec.rules[0].http.paths[0].backend';
  const at = 'spec.rules[0].http.paths[0]';
  it.each<[string, object, string[]]>([
    [
      'leads nowhere',
      {},
      ['spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified'],
    ],
    ['has no paths', { rules: [rule()] }, ['spec.rules[0].http.paths: Required value']],
    [
      'has an address for a host',
      { rules: [{ ...rule(path()), host: '1.2.3.4' }] },
      ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
    ],
    [
      'does not say how a path is matched',
      { rules: [rule({ path: '/', backend: service })] },
      [`${at}.pathType: Required value: pathType must be specified`],
    ],
    [
      'matches in a way of its own',
      { rules: [rule(path({ pathType: 'Regex' }))] },
      [`${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [
      'has a path that is not absolute',
      { rules: [rule(path({ path: 'a' }))] },
      [`${at}.path: Invalid value: "a": must be an absolute path`],
    ],
    [
      'has an unclear path',
      { rules: [rule(path({ path: '/a//b/..' }))] },
      [
        `${at}.path: Invalid value: "/a//b/..": must not contain '//'`,
        `${at}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
      ],
    ],
    [
      'has two backends in one',
      { rules: [rule(path({ backend: { ...service, resource: { kind: 'A', name: 'a' } } }))] },
      [`${backend}: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      'has no backend',
      { rules: [rule(path({ backend: {} }))] },
      [`${backend}: Invalid value: "": resource or service backend is required`],
    ],
    [
      'has a backend without a port',
      { rules: [rule(path({ backend: { service: { name: 'web' } } }))] },
      [`${backend}: Required value: port name or number is required`],
    ],
    [
      'has a backend of two ports',
      { rules: [rule(path({ backend: { service: { name: 'web', port: { name: 'a', number: 1 } } } }))] },
      [`${backend}: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      'has a backend at no port',
      { rules: [rule(path({ backend: { service: { name: 'web', port: { number: 70000 } } } }))] },
      [`${backend}.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      'has a backend that is no name',
      { defaultBackend: { resource: { kind: '', name: 'a/b' } } },
      [
        'spec.defaultBackend.resource.kind: Required value',
        `spec.defaultBackend.resource.name: Invalid value: "a/b": may not contain '/'`,
      ],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expect(causes('ingresses.networking.k8s.io', ingress(spec))).toEqual(expected);
  });

  it('has hosts below one, never beside it', () => {
    const [text] = causes('ingresses.networking.k8s.io', ingress({ rules: [{ ...rule(path()), host: 'a.*.com' }] }));
    expect(text).toContain(
      `spec.rules[0].host: Invalid value: "a.*.com": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain`,
    );
  });

  it('names one class, if by two ways', () => {
    const annotations = { 'kubernetes.io/ingress.class': 'a' };
    expect(
      causes('ingresses.networking.k8s.io', ingress({ ingressClassName: 'b', rules: [rule(path())] }, { annotations })),
    ).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
  });

  it('gets the newest class that is the default where it names none', () => {
    const state = new FewObjects();
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    for (const [name, year] of [
      ['old', 2020],
      ['new', 2024],
      ['same', 2024],
    ] as const) {
      const meta = { name, annotations, creationTimestamp: `${year}-01-01T00:00:00Z` };
      state.put('ingressclasses.networking.k8s.io', stored(object('IngressClass', {}, meta)));
    }
    const given = ingress({ rules: [rule(path())] });
    const made = valueOf(admitCreate(builtIn('ingresses.networking.k8s.io'), given, admission({ state })));
    expect(made['spec']).toMatchObject({ ingressClassName: 'new' });
  });

  it('has addresses in its status that are some', () => {
    const before = created('ingresses.networking.k8s.io', ingress({ rules: [rule(path())] }));
    const status = { loadBalancer: { ingress: [{ ip: 'zz' }, { hostname: '1.2.3.4' }] } };
    const row = builtIn('ingresses.networking.k8s.io');
    expect(causesOf(admitUpdate(row, 'status', before, { ...before, status }, admission()))).toEqual([
      'status.loadBalancer.ingress[0].ip: Invalid value: "zz": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ]);
  });
});

describe('a class of ingresses', () => {
  const made = (spec: object) => object('IngressClass', { spec });

  it('has parameters of the cluster unless it says otherwise', () => {
    const spec = { controller: 'example.com/nginx', parameters: { kind: 'P', name: 'p', apiGroup: 'example.com' } };
    const { spec: found } = created('ingressclasses.networking.k8s.io', made(spec));
    expect(found).toEqual({ ...spec, parameters: { ...spec.parameters, scope: 'Cluster' } });
  });

  const parameters = 'spec.parameters';
  it.each<[string, object, string[]]>([
    ['nobody controls', {}, ['spec.controller: Required value']],
    [
      'is controlled by no one in particular',
      { controller: 'nginx' },
      ['spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      'has parameters of no scope that there is',
      { controller: 'a.b/c', parameters: { kind: 'P', name: 'p', scope: 'Galaxy' } },
      [`${parameters}.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespace"`],
    ],
    [
      'has parameters in no namespace',
      { controller: 'a.b/c', parameters: { kind: 'P', name: 'p', scope: 'Namespace' } },
      [`${parameters}.namespace: Required value: \`parameters.scope\` is set to 'Namespace'`],
    ],
    [
      'has parameters of the cluster in a namespace',
      { controller: 'a.b/c', parameters: { kind: 'P', name: 'p', namespace: 'x' } },
      [`${parameters}.namespace: Forbidden: \`parameters.scope\` is set to 'Cluster'`],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expect(causes('ingressclasses.networking.k8s.io', made(spec))).toEqual(expected);
  });

  it('keeps who controls it', () => {
    const before = created('ingressclasses.networking.k8s.io', made({ controller: 'a.b/c' }));
    expect(changed('ingressclasses.networking.k8s.io', before, { spec: { controller: 'a.b/d' } })).toEqual([
      'spec.controller: Invalid value: "a.b/d": field is immutable',
    ]);
  });
});

describe('a network policy', () => {
  const policy = (spec: object) => object('NetworkPolicy', { spec });
  const from = (...peers: object[]) => ({ podSelector: {}, ingress: [{ from: peers }] });
  const ports = (...items: object[]) => ({ podSelector: {}, egress: [{ ports: items }] });

  it('is about what it has rules for, and about TCP', () => {
    const spec = {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [{ from: [{ podSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
      egress: [{ ports: [{ port: 53, protocol: 'UDP' }, { port: 'dns' }, { port: 80, endPort: 90 }] }],
    };
    const made = created('networkpolicies.networking.k8s.io', policy(spec));
    expect(made.spec).toEqual({
      ...spec,
      egress: [
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 'dns', protocol: 'TCP' },
            { port: 80, endPort: 90, protocol: 'TCP' },
          ],
        },
      ],
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(created('networkpolicies.networking.k8s.io', policy({})).spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress'],
    });
  });

  const block = 'spec.ingress[0].from[0].ipBlock';
  const port = 'spec.egress[0].ports[0]';
  it.each<[string, object, string[]]>([
    ['lets nobody in', from({}), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      'lets in pods of a network',
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    ['lets in a network that is none', from({ ipBlock: { cidr: '' } }), [`${block}.cidr: Required value`]],
    [
      'lets in an address',
      from({ ipBlock: { cidr: '10.0.0.1' } }),
      [`${block}.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
    ],
    [
      'excepts all of a network',
      from({ ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48', '2001:db8::/32'] } }),
      [`${block}.except[1]: Invalid value: "2001:db8::/32": must be a strict subset of \`cidr\``],
    ],
    [
      'has a protocol of its own',
      ports({ port: 1, protocol: 'ICMP' }),
      [`${port}.protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`],
    ],
    [
      'ends before it begins',
      ports({ port: 10, endPort: 9 }),
      [`${port}.endPort: Invalid value: 9: must be greater than or equal to \`port\``],
    ],
    [
      'ends at a number and begins at a name',
      ports({ port: 'dns', endPort: 9 }),
      [`${port}.endPort: Invalid value: 9: may not be specified when \`port\` is non-numeric`],
    ],
    [
      'ends and does not begin',
      ports({ endPort: 9 }),
      [`${port}.endPort: Invalid value: 9: may not be specified when \`port\` is not specified`],
    ],
    [
      'is of an unknown type',
      { policyTypes: ['Forward'] },
      ['spec.policyTypes[0]: Unsupported value: "Forward": supported values: "Egress", "Ingress"'],
    ],
    [
      'is of too many types',
      { policyTypes: ['Ingress', 'Egress', 'Egress'] },
      [
        'spec.policyTypes: Invalid value: &[]networking.PolicyType{"Ingress", "Egress", "Egress"}: may not specify more than two policyTypes',
      ],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expect(causes('networkpolicies.networking.k8s.io', policy(spec))).toEqual(expected);
  });
});

describe('an address of the cluster', () => {
  const address = (name: string, spec: object = { parentRef: { resource: 'services', name: 's', namespace: 'n' } }) =>
    object('IPAddress', { spec }, { name });

  it('is called as itself, in the form that there is one of', () => {
    for (const name of ['10.96.0.1', '2001:db8::1', '::', '::ffff:1.2.3.4', '1:0:0:2::3']) {
      expect(causes('ipaddresses.networking.k8s.io', address(name))).toEqual([]);
    }
    for (const name of ['2001:0db8::1', '2001:db8:0:0:0:0:0:1', '::ffff:102:304']) {
      expect(causes('ipaddresses.networking.k8s.io', address(name))).toEqual([
        `metadata.name: Invalid value: "${name}": must be a canonical format IP address`,
      ]);
    }
    expect(causes('ipaddresses.networking.k8s.io', address('x'))).toEqual([
      'metadata.name: Invalid value: "x": ParseAddr("x"): unable to parse IP',
    ]);
  });

  it('says whose it is, for good', () => {
    expect(causes('ipaddresses.networking.k8s.io', address('10.0.0.1', {}))).toEqual([
      'spec.parentRef: Required value',
    ]);
    expect(
      causes('ipaddresses.networking.k8s.io', address('10.0.0.1', { parentRef: { resource: '', name: 'a/b' } })),
    ).toEqual([
      'spec.parentRef.resource: Required value',
      `spec.parentRef.name: Invalid value: "a/b": may not contain '/'`,
    ]);
    const before = created('ipaddresses.networking.k8s.io', address('10.0.0.1'));
    const spec = { parentRef: { resource: 'services', name: 't' } };
    expect(changed('ipaddresses.networking.k8s.io', before, { spec })[0]).toMatch(/^spec.parentRef: .*immutable$/);
  });
});

describe('a range of addresses', () => {
  const range = (...cidrs: string[]) => object('ServiceCIDR', { spec: { cidrs } });
  const valid = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

  it.each<[string, string[], string[]]>([
    ['is empty', [], ['spec.cidrs: Required value: at least one CIDR required']],
    ['is none', ['x'], [`spec.cidrs[0]: Invalid value: "x": ${valid}`]],
    [
      'says more than its network',
      ['10.0.0.1/8'],
      [`spec.cidrs[0]: Invalid value: "10.0.0.1/8": wrong CIDR format, IP doesn't match network IP address`],
    ],
    [
      'is of one family twice',
      ['10.0.0.0/24', '10.1.0.0/24'],
      [
        'spec.cidrs: Invalid value: []string{"10.0.0.0/24", "10.1.0.0/24"}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [
      'is three',
      ['a', 'b', 'c'],
      [
        'spec.cidrs: Invalid value: &networking.ServiceCIDRSpec{CIDRs:[]string{"a", "b", "c"}}: may only hold up to 2 values',
      ],
    ],
  ])('is refused when it %s', (_name, cidrs, expected) => {
    expect(causes('servicecidrs.networking.k8s.io', range(...cidrs))).toEqual(expected);
  });

  it('can come to one of the other family, and not change else', () => {
    const before = created('servicecidrs.networking.k8s.io', range('10.0.0.0/24'));
    const to = (...cidrs: string[]) => changed('servicecidrs.networking.k8s.io', before, { spec: { cidrs } });
    expect(to('10.0.0.0/24', '2001:db8::/64')).toEqual([]);
    expect(to('10.1.0.0/24')).toEqual(['spec.cidrs[0]: Invalid value: "10.1.0.0/24": field is immutable']);
    expect(to('10.1.0.0/24', '2001:db8::/64')).toHaveLength(1);
  });
});
