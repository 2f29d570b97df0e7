import { builtIn, type PodSpec } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { aPod, admission, causesOf } from '../testing/builders';

const causes = (spec: object) => causesOf(admitCreate(builtIn('pods'), aPod(spec as Partial<PodSpec>), admission()));
const spread = (fields: object) => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', ...fields }],
});
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const near = (term: object) => ({ affinity: { podAffinity: { [REQUIRED]: [{ topologyKey: 'zone', ...term }] } } });
const onNode = (requirement: object) => ({
  affinity: { nodeAffinity: { [REQUIRED]: { nodeSelectorTerms: [{ matchFields: [requirement] }] } } },
});
const fieldsAt = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms[0].matchFields[0]`;
const nearAt = `spec.affinity.podAffinity.${REQUIRED}[0]`;
const spreadAt = 'spec.topologySpreadConstraints[0]';

describe('where a pod may run', () => {
  it.each<[string, object, string]>([
    [
      'a field that no node has',
      onNode({ key: 'spec.x', operator: 'In', values: ['x'] }),
      `${fieldsAt}.key: Invalid value: "spec.x": not a valid field selector key`,
    ],
    [
      'two names at once',
      onNode({ key: 'metadata.name', operator: 'In', values: ['a', 'b'] }),
      `${fieldsAt}.values: Required value: must be only one value when \`operator\` is 'In' or 'NotIn' for node field selector`,
    ],
    [
      'any name',
      onNode({ key: 'metadata.name', operator: 'Exists' }),
      `${fieldsAt}.operator: Invalid value: "Exists": not a valid selector operator`,
    ],
    [
      'keys of no selector',
      near({ matchLabelKeys: ['a'] }),
      `${nearAt}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
    ],
    [
      'a key both ways',
      near({ labelSelector: {}, matchLabelKeys: ['a'], mismatchLabelKeys: ['a'] }),
      `${nearAt}.matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys`,
    ],
    [
      'an unknown answer',
      spread({ whenUnsatisfiable: 'Shrug' }),
      `${spreadAt}.whenUnsatisfiable: Unsupported value: "Shrug": supported values: "DoNotSchedule", "ScheduleAnyway"`,
    ],
    ['no skew at all', spread({ maxSkew: 0 }), `${spreadAt}.maxSkew: Invalid value: 0: must be greater than zero`],
    [
      'nothing to spread over',
      spread({ topologyKey: '' }),
      `${spreadAt}.topologyKey: Required value: can not be empty`,
    ],
    [
      'an unknown policy',
      spread({ nodeTaintsPolicy: 'X' }),
      `${spreadAt}.nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"`,
    ],
    [
      'domains that are only wished for',
      spread({ whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }),
      `${spreadAt}.minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`,
    ],
    ['no domains', spread({ minDomains: 0 }), `${spreadAt}.minDomains: Invalid value: 0: must be greater than zero`],
    [
      'spreading by keys of no selector',
      spread({ matchLabelKeys: ['a'] }),
      `${spreadAt}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
    ],
    [
      'spreading by a key twice',
      spread({ labelSelector: { matchLabels: { a: 'b' } }, matchLabelKeys: ['a'] }),
      `${spreadAt}.matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector`,
    ],
    [
      'a gate twice',
      { schedulingGates: [{ name: 'a' }, { name: 'a' }] },
      'spec.schedulingGates[1]: Duplicate value: "a"',
    ],
    [
      'a gate on a node',
      { schedulingGates: [{ name: 'a' }], nodeName: 'minion-1' },
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ],
  ])('is refused with %s', (_what, spec, cause) => {
    expect(causes(spec)).toEqual([cause]);
  });

  it('is refused with names and values that are none', () => {
    expect(causes(near({ namespaces: ['BAD!'] }))[0]).toMatch(
      `${nearAt}.namespace: Invalid value: "BAD!": a lowercase`,
    );
    const at = `${nearAt}.labelSelector`;
    expect(causes(near({ labelSelector: { matchLabels: { a: 'b c' } } }))).toEqual([
      expect.stringContaining(`${at}.matchLabels: Invalid value: "b c": a valid label must be`),
    ]);
    const matchExpressions = [{ key: 'a', operator: 'In', values: ['b c'] }];
    expect(causes(near({ labelSelector: { matchExpressions } }))).toEqual([
      expect.stringContaining(`${at}.matchExpressions[0].values[0]: Invalid value: "b c"`),
    ]);
    expect(causes({ schedulingGates: [{ name: 'a b' }] })[0]).toMatch('spec.schedulingGates[0]: Invalid value: "a b"');
    expect(causes({ readinessGates: [{ conditionType: 'a b' }] })[0]).toMatch('spec.readinessGates[0].conditionType');
  });

  it('is spread over a topology in one way only', () => {
    const [constraint] = spread({}).topologySpreadConstraints;
    expect(causes({ topologySpreadConstraints: [constraint, constraint] })).toEqual([
      `${spreadAt}.{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"`,
    ]);
    const other = { ...constraint, whenUnsatisfiable: 'ScheduleAnyway' };
    expect(causes({ topologySpreadConstraints: [constraint, other] })).toEqual([]);
  });

  it.each<[string, object]>([
    ['a node by its name', onNode({ key: 'metadata.name', operator: 'In', values: ['minion-1'] })],
    ['near others of the same release', near({ labelSelector: {}, matchLabelKeys: ['release'], namespaces: ['web'] })],
    ['spread by release', spread({ labelSelector: {}, matchLabelKeys: ['release'], minDomains: 2 })],
    ['later', { schedulingGates: [{ name: 'example.com/quota' }] }],
  ])('may be %s', (_what, spec) => {
    expect(causes(spec)).toEqual([]);
  });
});

describe('what a pod asks of others by its own labels', () => {
  const labelled = (term: object) => {
    const pod = aPod(near(term) as Partial<PodSpec>);
    return admitCreate(
      builtIn('pods'),
      { ...pod, metadata: { ...pod.metadata, labels: { release: '1', tier: 'a' } } },
      admission(),
    );
  };

  it('is part of the selector from the start', () => {
    const admitted = labelled({
      labelSelector: { matchLabels: { app: 'web' } },
      matchLabelKeys: ['release', 'none'],
      mismatchLabelKeys: ['tier'],
    });
    expect(admitted).toMatchObject({
      value: {
        spec: {
          affinity: {
            podAffinity: {
              [REQUIRED]: [
                {
                  labelSelector: {
                    matchLabels: { app: 'web' },
                    matchExpressions: [
                      { key: 'release', operator: 'In', values: ['1'] },
                      { key: 'tier', operator: 'NotIn', values: ['a'] },
                    ],
                  },
                },
              ],
            },
          },
        },
      },
    });
  });

  it('is refused where the selector says it too', () => {
    expect(
      causesOf(labelled({ labelSelector: { matchLabels: { release: '1' } }, matchLabelKeys: ['release'] })),
    ).toEqual([`${nearAt}[0]: Invalid value: "release": exists in both matchLabelKeys and labelSelector`]);
  });
});

describe('how names are looked up in a pod', () => {
  const searches = (list: string[]) => ({ dnsConfig: { searches: list } });

  it.each<[string, object, RegExp]>([
    [
      'too many searches',
      searches(Array<string>(33).fill('a.b')),
      /^spec\.dnsConfig\.searches: .*: must not have more than 32 search paths$/,
    ],
    [
      'too long searches',
      searches(Array<string>(20).fill(`${'a'.repeat(60)}.${'b'.repeat(60)}`)),
      /must not have more than 2048 characters \(including spaces\) in the search list$/,
    ],
    [
      'a search that is no name',
      searches(['bad_domain!']),
      /^spec\.dnsConfig\.searches\[0\]: Invalid value: "bad_domain!": a lowercase RFC 1123 subdomain/,
    ],
    [
      'an unnamed option',
      { dnsConfig: { options: [{ value: '1' }] } },
      /^spec\.dnsConfig\.options\[0\]: Required value: must not be empty$/,
    ],
    [
      'four servers',
      { dnsConfig: { nameservers: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] } },
      /^spec\.dnsConfig\.nameservers: .*: must not have more than 3 nameservers$/,
    ],
    [
      'no way to',
      { dnsPolicy: 'None' },
      /^spec\.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None$/,
    ],
    [
      'no server',
      { dnsPolicy: 'None', dnsConfig: { searches: ['a'] } },
      /^spec\.dnsConfig\.nameservers: Required value: must provide at least one DNS nameserver/,
    ],
    [
      'an alias of no address',
      { hostAliases: [{ ip: 'zz', hostnames: ['a'] }] },
      /^spec\.hostAliases\[0\]\.ip: Invalid value: "zz": must be a valid IP address/,
    ],
    [
      'an alias that is no name',
      { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a b'] }] },
      /^spec\.hostAliases\[0\]\.hostnames\[0\]: Invalid value: "a b"/,
    ],
  ])('is refused with %s', (_what, spec, cause) => {
    expect(causes(spec)).toEqual([expect.stringMatching(cause)]);
  });

  it('may be from the root, in 32 places', () => {
    expect(causes(searches(['example.com.', ...Array<string>(31).fill('a.b')]))).toEqual([]);
  });
});

describe('what a pod says of all its containers', () => {
  const context = (securityContext: object, spec: object = {}) => ({ securityContext, ...spec });
  const at = 'spec.securityContext';
  const BAD_ID = 'must be between 0 and 2147483647, inclusive';

  it.each<[string, object, string]>([
    ['a negative group of files', context({ fsGroup: -1 }), `${at}.fsGroup: Invalid value: -1: ${BAD_ID}`],
    ['a negative user', context({ runAsUser: -1 }), `${at}.runAsUser: Invalid value: -1: ${BAD_ID}`],
    ['a group beyond all', context({ runAsGroup: 2 ** 31 }), `${at}.runAsGroup: Invalid value: 2147483648: ${BAD_ID}`],
    [
      'a negative further group',
      context({ supplementalGroups: [-5] }),
      `${at}.supplementalGroups[0]: Invalid value: -5: ${BAD_ID}`,
    ],
    [
      'an unknown filter',
      context({ seccompProfile: { type: 'Mine' } }),
      `${at}.seccompProfile.type: Unsupported value: "Mine": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
    ],
    [
      'a filter in no file',
      context({ seccompProfile: { type: 'Localhost' } }),
      `${at}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`,
    ],
    [
      'an unknown way with groups',
      context({ fsGroupChangePolicy: 'Never' }),
      `${at}.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", "OnRootMismatch"`,
    ],
    ['an unnamed setting', context({ sysctls: [{ name: '', value: '1' }] }), `${at}.sysctls[0].name: Required value`],
    [
      'a setting twice',
      context({
        sysctls: [
          { name: 'a.b', value: '1' },
          { name: 'a.b', value: '2' },
        ],
      }),
      `${at}.sysctls[1].name: Duplicate value: "a.b"`,
    ],
    [
      'processes shared twice',
      { hostPID: true, shareProcessNamespace: true },
      `${at}.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled`,
    ],
    [
      'an unknown system',
      { os: { name: 'beos' } },
      'spec.os: Unsupported value: "beos": supported values: "linux", "windows"',
    ],
    [
      'Windows options on Linux',
      context({ windowsOptions: { runAsUserName: 'me' } }, { os: { name: 'linux' } }),
      `${at}.windowsOptions: Forbidden: windows options cannot be set for a linux pod`,
    ],
    [
      'a Linux user on Windows',
      context({ runAsUser: 1 }, { os: { name: 'windows' } }),
      `${at}.runAsUser: Forbidden: cannot be set for a windows pod`,
    ],
    [
      'the host’s processes on Windows',
      { hostPID: true, os: { name: 'windows' } },
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
    ],
    [
      'own users in the host’s network',
      { hostUsers: false, hostNetwork: true },
      'spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false',
    ],
    [
      'a host process in its own network',
      context({ windowsOptions: { hostProcess: true } }),
      'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
    ],
    [
      'debuggers from the start',
      { ephemeralContainers: [{ name: 'e', image: 'b' }] },
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
    [
      'a claim twice',
      {
        resourceClaims: [
          { name: 'c', resourceClaimName: 'x' },
          { name: 'c', resourceClaimName: 'y' },
        ],
      },
      'spec.resourceClaims[1].name: Duplicate value: "c"',
    ],
    [
      'a claim of nothing',
      { resourceClaims: [{ name: 'c' }] },
      'spec.resourceClaims[0]: Invalid value: {"name":"c"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    ],
  ])('is refused with %s', (_what, spec, cause) => {
    expect(causes(spec)).toEqual([cause]);
  });

  it.each<[string, object]>([
    ['root, and the largest group', context({ runAsUser: 0, fsGroup: 2 ** 31 - 1 })],
    ['a kernel setting', context({ sysctls: [{ name: 'net/ipv4.ip_local_port_range', value: '1024 65535' }] })],
    ['the host’s processes', { hostPID: true, shareProcessNamespace: false }],
    ['Windows', { os: { name: 'windows' }, hostPID: false }],
    ['the whole name in its own network', { setHostnameAsFQDN: true, hostNetwork: true }],
  ])('may be %s', (_what, spec) => {
    expect(causes(spec)).toEqual([]);
  });
});
