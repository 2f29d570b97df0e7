import { aPolicy, aPolicyPod, apps, setPolicies } from '../testing/builders';
import { compilePolicy } from './compile';
import { policyPodOf } from './policy-pod';
import { PolicyState } from './policy-state';

const PODS = [
  ['db', '10.244.1.2', 'fd00:244:1::2'],
  ['web', '10.244.1.3', 'fd00:244:1::3'],
  ['far', '10.244.2.2', 'fd00:244:2::2'],
] as const;
const POLICIES = (cidr: string, except: string) => [
  aPolicy('deny', { podSelector: {}, policyTypes: ['Ingress'] }),
  aPolicy('db', {
    podSelector: apps('db'),
    ingress: [
      { from: [{ podSelector: apps('web', 'far') }] },
      { from: [{ ipBlock: { cidr, except: [except] } }], ports: [{ port: 'http' }, { port: 90, endPort: 99 }] },
    ],
    egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
    policyTypes: ['Ingress', 'Egress'],
  }),
];

function aCluster(family: 'ip' | 'ip6'): PolicyState {
  const state = new PolicyState(family);
  state.setPodCidr(family === 'ip' ? '10.244.1.0/24' : 'fd00:244:1::/64');
  state.setNamespace('default', {});
  for (const [uid, ip, ipv6] of PODS) {
    state.setPod(aPolicyPod(uid, ip, { addressesV6: [ipv6], ports: [{ name: 'http', protocol: 'tcp', port: 80 }] }));
    if (uid !== 'far') state.setLocal(uid, family === 'ip' ? ip : ipv6);
  }
  return state;
}

/** The same of IPv6, as the addresses of this specification go. */
function inV6(script: string): string {
  return script
    .replaceAll('ipv4_addr', 'ipv6_addr')
    .replace(/\bip /g, 'ip6 ')
    .replace(/172\.(\d+)\.0\.0\/(\d+)/g, 'fd00:172:$1::/$2')
    .replace(/10\.244\.(\d)\.(\d)/g, 'fd00:244:$1::$2');
}

/** What only IPv6 has: neighbours are found, and nothing else goes between pods by addresses of the link. */
const OWN = [
  'judge_in icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
  'judge_out icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
  'judge_out iifname "cni0" oifname "cni0" ip6 saddr fe80::/10 drop',
  'judge_out iifname "cni0" oifname "cni0" ip6 daddr fe80::/10 drop',
  'judge_out iifname "cni0" oifname "cni0" ip6 daddr ff00::/8 drop',
].map((rule) => `add rule ip6 t ${rule}`);

describe('the rules of IPv6', () => {
  it('are those of IPv4 by other addresses, and let pods find their neighbours', () => {
    const [v4, v6] = [aCluster('ip'), aCluster('ip6')];
    setPolicies(v4, ...POLICIES('172.16.0.0/12', '172.30.0.0/24'));
    setPolicies(v6, ...POLICIES('fd00:172:16::/12', 'fd00:172:30::/24'));
    const lines = v6.takeAll('t').split('\n');
    expect(lines.filter((line) => OWN.includes(line))).toEqual(OWN);
    const common = lines.filter((line) => !OWN.includes(line)).join('\n');
    // `fd00:172:16::/12` has bits behind its prefix.
    const wanted = inV6(v4.takeAll('t'))
      .replace('fd00:172:16::/12', 'fd00::/12')
      .replace('fd00:172:30::/24', 'fd00:100::/24');
    expect(common).toBe(wanted);
    for (const state of [v4, v6]) state.setLocal('web', undefined);
    expect(v6.takeChanges('t')).toBe(inV6(v4.takeChanges('t')));
  });

  it('have no blocks of IPv4 in them, and those of IPv4 none of IPv6', () => {
    const policy = aPolicy('p', {
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['fd00::/8'] } }, { ipBlock: { cidr: '::/0' } }] }],
    });
    expect(compilePolicy(policy).in?.[0]?.blocks).toEqual([
      { family: 'ip', cidr: '0.0.0.0/0', except: [] },
      { family: 'ip6', cidr: '::/0', except: [] },
    ]);
    const lines = (['ip', 'ip6'] as const).map((family) => {
      const state = aCluster(family);
      setPolicies(
        state,
        aPolicy('p', { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 'fd00:9::/32' } }] }] }),
      );
      return state.takeAll('t').match(/add rule \S+ t policy.*/g);
    });
    expect(lines).toEqual([null, [expect.stringMatching(/ip6 saddr fd00:9::\/32 accept$/)]]);
  });

  it('know a pod by the address of IPv6 that it reports, in canonical form, once', () => {
    const podIPs = [{ ip: '10.244.1.2' }, { ip: 'FD00:0:0::2' }, { ip: 'fd00::2' }];
    const pod = policyPodOf({ metadata: { uid: 'u' }, status: { podIP: '10.244.1.2', podIPs } } as never);
    expect([pod.addresses, pod.addressesV6]).toEqual([['10.244.1.2'], ['fd00::2']]);
    expect(policyPodOf({ metadata: { uid: 'u' } } as never)).not.toHaveProperty('addressesV6');
  });
});
