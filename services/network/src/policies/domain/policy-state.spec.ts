import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyRuleset, runScript, type Ruleset } from '@shiplog/testing';
import { aPolicy, aPolicyPod, apps, setPolicies } from '../testing/builders';
import { passes, type Packet } from '../testing/tracer';
import { policyPodOf } from './policy-pod';
import { PolicyState } from './policy-state';

const [DB, WEB, FAR] = ['10.244.1.2', '10.244.1.3', '10.244.2.2'] as const;
const tcp = (saddr: string, daddr: string, dport = 80): Packet => ({ saddr, daddr, protocol: 'tcp', dport });

/** The text of `testing/golden/<name>`; with UPDATE_GOLDEN=1 it becomes what is given, for a look at the difference. */
function golden(name: string, text: string): string {
  const path = join(__dirname, '..', 'testing', 'golden', name);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text);
  return readFileSync(path, 'utf8');
}

/** Two pods of this node, `db` and `web`, and one elsewhere, `far`. */
function aCluster(): PolicyState {
  const state = new PolicyState();
  state.setPodCidr('10.244.1.0/24');
  state.setNamespace('default', { team: 'a' });
  for (const [uid, address] of [
    ['db', DB],
    ['web', WEB],
    ['far', FAR],
  ] as const) {
    state.setPod(aPolicyPod(uid, address, { ports: [{ name: 'http', protocol: 'tcp', port: 80 }] }));
    if (uid !== 'far') state.setLocal(uid, address);
  }
  return state;
}

const POLICIES = [
  aPolicy('deny', { podSelector: {}, policyTypes: ['Ingress'] }),
  aPolicy('db', {
    podSelector: apps('db'),
    ingress: [
      {
        from: [
          { podSelector: apps('web') },
          { namespaceSelector: { matchLabels: { team: 'a' } }, podSelector: apps('far') },
        ],
      },
      {
        from: [{ ipBlock: { cidr: '172.16.0.0/12', except: ['172.30.0.0/24'] } }],
        ports: [{ port: 'http' }, { port: 90, endPort: 99 }],
      },
    ],
    policyTypes: ['Ingress', 'Egress'],
    egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
  }),
];

describe('the text for nft', () => {
  it('of a whole table is as it was agreed', () => {
    const state = aCluster();
    setPolicies(state, ...POLICIES);
    const script = state.takeAll('shiplog_network_n1_policies_0');
    expect(script).toBe(golden('table.nft', script));
  });

  it('of a change names only what changed', () => {
    const state = aCluster();
    setPolicies(state, ...POLICIES);
    state.takeAll('t');
    setPolicies(state, aPolicy('db', { podSelector: apps('db'), ingress: [{ from: [{ podSelector: apps('web') }] }] }));
    state.setPod(aPolicyPod('new', '10.244.2.9', { labels: { app: 'web' } }));
    const script = state.takeChanges('t');
    expect(script).toBe(golden('change.nft', script));
  });

  it('is nothing when nothing changed, and when a change concerns no pod of the node', () => {
    const state = aCluster();
    setPolicies(state, ...POLICIES);
    state.takeAll('t');
    setPolicies(
      state,
      ...POLICIES,
      aPolicy('other/p', { podSelector: {} }),
      aPolicy('far', { podSelector: apps('far') }),
    );
    state.setPod(aPolicyPod('far', FAR, { ports: [{ name: 'http', protocol: 'tcp', port: 80 }] }));
    expect(state.takeChanges('t')).toBe('');
  });

  it('holds nothing that a user wrote', () => {
    const state = aCluster();
    const hostile = 'x; flush ruleset #"\n';
    const labels = { [hostile]: hostile };
    state.setNamespace(hostile, labels);
    state.setPod(
      aPolicyPod(hostile, DB, { namespace: hostile, labels, ports: [{ name: hostile, protocol: 'tcp', port: 1 }] }),
    );
    state.setLocal('db', undefined);
    state.setLocal(hostile, DB);
    const policy = aPolicy('p', {
      podSelector: { matchLabels: labels },
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: labels } }, { ipBlock: { cidr: hostile } }],
          ports: [{ port: hostile }, { port: 99_999 }, { protocol: hostile as never }],
        },
      ],
    });
    setPolicies(state, { ...policy, metadata: { name: hostile, namespace: hostile } });
    const script = state.takeAll('t');
    expect(script).not.toContain('flush ruleset');
    expect(script).toContain('named_');
    expect(passes(runScript(emptyRuleset(), script), tcp(FAR, DB))).toBe(false);
  });
});

describe('a packet', () => {
  const given = (...policies: Parameters<typeof setPolicies>[1][]) => {
    const state = aCluster();
    setPolicies(state, ...policies);
    const ruleset = runScript(emptyRuleset(), state.takeAll('t'));
    const after = (change: () => void): Ruleset => {
      change();
      return runScript(ruleset, state.takeChanges('t'));
    };
    return { state, ruleset, after };
  };

  it.each<[what: string, packet: Packet, passes: boolean]>([
    ['of a peer', tcp(WEB, DB), true],
    ['of a peer of another node', tcp(FAR, DB), true],
    ['of nobody', tcp('8.8.8.8', DB), false],
    ['of a network, at a named port', tcp('172.17.0.1', DB, 80), true],
    ['of a network, in a range', tcp('172.17.0.1', DB, 99), true],
    ['of a network, at another port', tcp('172.17.0.1', DB, 100), false],
    ['of what is excepted of a network', tcp('172.30.0.1', DB, 80), false],
    ['of a pod to itself', tcp(DB, DB, 1), true],
    ['of a pod that may send nothing to it', tcp(DB, '8.8.8.8', 53), false],
    ['of a pod that may send it', { ...tcp(DB, '8.8.8.8', 53), protocol: 'udp' }, true],
    ['to a pod that nothing may reach', tcp(FAR, WEB), false],
    ['to a pod of another node', tcp(WEB, FAR), true],
    ['that only passes by', tcp('8.8.8.8', '9.9.9.9'), true],
    ['without ports, of a peer', { ...tcp(WEB, DB), protocol: 'icmp' }, true],
    ['without ports, of a network', { ...tcp('172.17.0.1', DB), protocol: 'icmp' }, false],
  ])('%s: %#', (_, packet, expected) => {
    expect(passes(given(...POLICIES).ruleset, packet)).toBe(expected);
  });

  it('of a pod that has ended, or of the host’s network, is nobody’s', () => {
    const from = aPolicy('p', { podSelector: apps('db'), ingress: [{ from: [{ podSelector: {} }] }] });
    const { state, ruleset, after } = given(from);
    expect(passes(ruleset, tcp(FAR, DB))).toBe(true);
    after(() => state.setPod(aPolicyPod('far', FAR, { isPeer: false })));
    expect(passes(ruleset, tcp(FAR, DB))).toBe(false);
  });

  it('of an address of this node is only a pod’s that is connected: a report may be older', () => {
    const from = aPolicy('p', { podSelector: apps('db'), ingress: [{ from: [{ podSelector: apps('web', 'late') }] }] });
    const { state, ruleset, after } = given(from);
    after(() => state.setPod(aPolicyPod('late', '10.244.1.9')));
    expect(passes(ruleset, tcp('10.244.1.9', DB))).toBe(false);
    after(() => state.setLocal('late', '10.244.1.9'));
    expect(passes(ruleset, tcp('10.244.1.9', DB))).toBe(true);
    after(() => state.setLocal('web', undefined));
    expect(passes(ruleset, tcp(WEB, DB))).toBe(false);
  });

  it('of a pod that the cluster has no more is judged as before until the pod is disconnected', () => {
    const quiet = aPolicy('p', { podSelector: apps('web'), policyTypes: ['Egress'] });
    const { state, ruleset, after } = given(quiet);
    after(() => state.removePod('web'));
    expect(passes(ruleset, tcp(WEB, FAR))).toBe(false);
    after(() => state.setLocal('web', undefined));
    expect(passes(ruleset, tcp(WEB, FAR))).toBe(true);
    expect(state.knows('web')).toBe(false);
  });

  it('meets all of many policies, of which a change makes few rules anew', () => {
    const policy = (n: number, port: number) =>
      aPolicy(`p${n}`, { podSelector: {}, ingress: [{ ports: [{ port, protocol: 'TCP' }] }] });
    const { state, ruleset } = given(...Array.from({ length: 500 }, (_, n) => policy(n, 1000 + n)));
    for (const port of [1000, 1250, 1499]) expect(passes(ruleset, tcp(FAR, DB, port))).toBe(true);
    expect(passes(ruleset, tcp(FAR, DB, 1500))).toBe(false);
    setPolicies(state, policy(250, 2000));
    const script = state.takeChanges('t');
    expect(script.split('\n').length).toBeLessThan(150);
    runScript(ruleset, script);
    expect([1249, 1250, 2000].map((port) => passes(ruleset, tcp(FAR, DB, port)))).toEqual([true, false, true]);
    for (let n = 20; n < 500; n++) state.setPolicy(`default/p${n}`, undefined);
    runScript(ruleset, state.takeChanges('t'));
    expect([...ruleset.chains.keys()].filter((name) => name.startsWith('part_'))).toEqual([]);
    expect([1019, 1020].map((port) => passes(ruleset, tcp(FAR, DB, port)))).toEqual([true, false]);
  });

  it('meets no policy that went with the last pod that it chose, and meets it again with the next', () => {
    const { state, ruleset, after } = given(aPolicy('p', { podSelector: apps('db'), ingress: [] }));
    after(() => state.setLocal('db', undefined));
    expect([...ruleset.chains.keys()].filter((name) => /\d/.test(name))).toEqual([]);
    after(() => state.setLocal('db', DB));
    expect(passes(ruleset, tcp(WEB, DB))).toBe(false);
    const own = state.directory().get(DB);
    expect([state.isolated, own?.title, own?.isolating('in'), own?.isolating('out')]).toEqual([
      1,
      'default/db',
      ['default/p'],
      [],
    ]);
    expect(state.directory().get(FAR)?.isolating('in')).toEqual([]);
  });
});

describe('a pod as policies see it', () => {
  const metadata = { name: 'p', namespace: 'n', uid: 'u' };
  const pod = (more: object) => policyPodOf({ metadata, ...more } as never);

  it('is the static pod that it is the mirror of, and can be no other’s', () => {
    const uid = (mirrored?: string) => {
      const annotations = mirrored === undefined ? {} : { 'kubernetes.io/config.mirror': mirrored };
      return pod({ metadata: { ...metadata, annotations } }).uid;
    };
    expect(uid()).toBe('u');
    expect(uid('0123456789abcdef0123456789abcdef')).toBe('0123456789abcdef0123456789abcdef');
    expect(uid('01234567-89ab-cdef-0123-456789abcdef')).toBe('u');
  });

  it('has the addresses of IPv4 that it reports, once each', () => {
    const status = { podIP: DB, podIPs: [{ ip: DB }, { ip: 'fd00::1' }, { ip: 'none' }] };
    expect(pod({ status }).addresses).toEqual([DB]);
  });

  it.each([
    [{ status: { phase: 'Succeeded' } }, false],
    [{ status: { phase: 'Failed' } }, false],
    [{ status: { phase: 'Running' }, spec: { hostNetwork: true } }, false],
    [{ status: { phase: 'Running' } }, true],
    [{}, true],
  ])('is a peer as long as it runs in a network of its own: %j', (more, isPeer) => {
    expect(pod(more).isPeer).toBe(isPeer);
  });

  it('has the named ports of containers and sidecars', () => {
    const ports = (name: string, containerPort: unknown, protocol?: string) => ({
      ports: [{ name, containerPort, protocol }],
    });
    const spec = {
      containers: [
        ports('http', 80),
        ports('dns', 53, 'UDP'),
        ports('', 81),
        ports('bad', 0),
        ports('odd', 1, 'X'),
        {},
      ],
      initContainers: [ports('init', 1), { ...ports('side', 2, 'SCTP'), restartPolicy: 'Always' }],
    };
    expect(pod({ spec }).ports).toEqual([
      { name: 'http', protocol: 'tcp', port: 80 },
      { name: 'dns', protocol: 'udp', port: 53 },
      { name: 'side', protocol: 'sctp', port: 2 },
    ]);
  });
});
