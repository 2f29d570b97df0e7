import fc from 'fast-check';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '@shiplog/contracts';
import { emptyRuleset, runScript } from '@shiplog/testing';
import { aPolicy } from '../testing/builders';
import { isAllowed } from '../testing/reference';
import { passes, type Packet } from '../testing/tracer';
import { compilePolicy } from './compile';
import type { PolicyPod } from './policy-pod';
import { PolicyState } from './policy-state';

const OWN = '10.244.1.0/24';
const POD_ADDRESSES = [2, 3, 4, 5].flatMap((n) => [`10.244.1.${n}`, `10.244.2.${n}`]);
const ADDRESSES = [...POD_ADDRESSES, '192.168.0.1', '8.8.8.8'];
const NAMESPACES = ['a', 'b'];
const PORTS = [80, 81, 90];

const anyLabels = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'), { maxKeys: 2 });
const anyProtocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const anyTerm = fc.oneof(
  fc.record({
    key: fc.constantFrom('x', 'y'),
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.uniqueArray(fc.constantFrom('1', '2'), { minLength: 1 }),
  }),
  fc.record({
    key: fc.constantFrom('x', 'y'),
    operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
  }),
);
const anySelector = fc.record(
  { matchLabels: anyLabels, matchExpressions: fc.array(anyTerm, { maxLength: 1 }) },
  { requiredKeys: [] },
);
const anyBlock = fc.oneof(
  fc.record({
    cidr: fc.constantFrom('10.244.0.0/16', '0.0.0.0/0'),
    except: fc.uniqueArray(fc.constantFrom('10.244.1.0/30', '10.244.2.4/32', '8.0.0.0/8'), { maxLength: 2 }),
  }),
  fc.constantFrom({ cidr: '10.244.1.0/24' }, { cidr: '8.8.8.8/32' }, { cidr: 'fd00::/8' }),
);
const anyPeer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: anySelector }),
  fc.record({ namespaceSelector: anySelector }),
  fc.record({ podSelector: anySelector, namespaceSelector: anySelector }),
  fc.record({ ipBlock: anyBlock }),
);
const anyPort: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.record({ protocol: anyProtocol }, { requiredKeys: [] }),
  fc.record({ protocol: anyProtocol, port: fc.constantFrom<number | string>(...PORTS, 'http', 'other') }),
  fc.constant({ port: 80, endPort: 85 }),
);
const anyRules = <K extends 'from' | 'to'>(side: K) =>
  fc.array(
    fc.record(
      { [side]: fc.array(anyPeer, { maxLength: 3 }), ports: fc.array(anyPort, { maxLength: 3 }) },
      { requiredKeys: [] },
    ),
    { maxLength: 2 },
  );
const anyPolicy = fc
  .record(
    {
      namespace: fc.constantFrom(...NAMESPACES),
      podSelector: anySelector,
      ingress: anyRules('from'),
      egress: anyRules('to'),
      policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress'], undefined),
    },
    { requiredKeys: ['namespace', 'podSelector', 'policyTypes'] },
  )
  .map(({ namespace, policyTypes, ...spec }) =>
    aPolicy(`${namespace}/p`, { ...spec, ...(policyTypes === undefined ? {} : { policyTypes }) } as never),
  );

const anyPod = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  labels: anyLabels,
  isPeer: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
  ports: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('http', 'other'),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      port: fc.constantFrom(...PORTS),
    }),
    { maxLength: 2 },
  ),
});
type Step =
  | { readonly set: 'policy'; readonly n: number; readonly policy: NetworkPolicy | undefined }
  | {
      readonly set: 'pod';
      readonly address: string;
      readonly pod: Omit<PolicyPod, 'uid' | 'name' | 'addresses'> | undefined;
    }
  | { readonly set: 'namespace'; readonly name: string; readonly labels: Record<string, string> | undefined };
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      set: fc.constant('policy' as const),
      n: fc.nat(4),
      policy: fc.option(anyPolicy, { nil: undefined, freq: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      set: fc.constant('pod' as const),
      address: fc.constantFrom(...POD_ADDRESSES),
      pod: fc.option(anyPod, { nil: undefined, freq: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      set: fc.constant('namespace' as const),
      name: fc.constantFrom(...NAMESPACES),
      labels: fc.option(anyLabels, { nil: undefined, freq: 6 }),
    }),
  },
);
const anyPacket: fc.Arbitrary<Packet> = fc.record({
  saddr: fc.constantFrom(...ADDRESSES),
  daddr: fc.constantFrom(...ADDRESSES),
  protocol: fc.constantFrom('tcp', 'tcp', 'udp', 'sctp', 'icmp'),
  dport: fc.constantFrom(...PORTS, 85, 86),
});

/** A cluster of which both the rules and the reference know. */
class Model {
  readonly state = new PolicyState();
  readonly policies = new Map<number, NetworkPolicy>();
  readonly pods = new Map<string, PolicyPod>();
  readonly namespaces = new Map<string, Record<string, string>>();
  /** A uid is never another pod's. */
  #made = 0;

  constructor() {
    this.state.setPodCidr(OWN);
  }

  take(step: Step): void {
    switch (step.set) {
      case 'policy':
        this.state.setPolicy(String(step.n), step.policy === undefined ? undefined : compilePolicy(step.policy));
        return keep(this.policies, step.n, step.policy);
      case 'namespace':
        this.state.setNamespace(step.name, step.labels);
        return keep(this.namespaces, step.name, step.labels);
      case 'pod':
        return this.#takePod(step.address, step.pod);
    }
  }

  #takePod(address: string, pod: Omit<PolicyPod, 'uid' | 'name' | 'addresses'> | undefined): void {
    const before = this.pods.get(address);
    if (before !== undefined && (pod === undefined || pod.namespace !== before.namespace)) {
      this.state.removePod(before.uid);
      this.state.setLocal(before.uid, undefined);
      this.pods.delete(address);
    }
    if (pod === undefined) return;
    const uid = this.pods.get(address)?.uid ?? `u${this.#made++}`;
    const whole = { ...pod, uid, name: uid, addresses: [address] };
    this.pods.set(address, whole);
    this.state.setPod(whole);
    if (isLocal(address)) this.state.setLocal(uid, address);
  }

  allows(packet: Packet): boolean {
    const local = new Set(POD_ADDRESSES.filter(isLocal));
    const { policies, pods, namespaces } = this;
    return isAllowed({ policies: [...policies.values()], pods: [...pods.values()], namespaces, local }, packet);
  }
}

const isLocal = (address: string): boolean => address.startsWith('10.244.1.');

function keep<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

describe('the rules', () => {
  it('let through what network policies do, after any changes, and are what a fresh table would be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyStep, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        fc.array(anyPacket, { minLength: 1, maxLength: 40 }),
        (batches, packets) => {
          const model = new Model();
          const ruleset = runScript(emptyRuleset(), model.state.takeAll('t'));
          for (const batch of batches) {
            for (const step of batch) model.take(step);
            runScript(ruleset, model.state.takeChanges('t'));
            for (const packet of packets)
              expect([packet, passes(ruleset, packet)]).toEqual([packet, model.allows(packet)]);
          }
          const fresh = runScript(emptyRuleset(), model.state.takeAll('t'));
          for (const [name, { rules }] of fresh.chains)
            expect([name, ruleset.chains.get(name)?.rules]).toEqual([name, rules]);
          expect([...ruleset.chains.keys()].sort()).toEqual([...fresh.chains.keys()].sort());
          for (const [name, elements] of fresh.collections)
            if (!name.startsWith('denied')) expect(new Set(ruleset.collections.get(name))).toEqual(new Set(elements));
          expect([...ruleset.collections.keys()].sort()).toEqual([...fresh.collections.keys()].sort());
        },
      ),
      { numRuns: 400 },
    );
  });
});
