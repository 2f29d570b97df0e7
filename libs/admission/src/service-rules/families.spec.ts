import { builtIn, type ServiceSpec, type StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { ipFamilyOf } from '@shiplog/apimachinery';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { aService, admission, causesOf, created, FewObjects, valueOf } from '../testing/builders';

const single = admission().settings;
const dual = {
  ...single,
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
  clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
};
const dualStack = (state = new FewObjects()) => admission({ settings: dual, state });
const made = (spec: Partial<ServiceSpec>, ctx = dualStack()) => created('services', aService(spec), ctx);
const update = (before: StoredObject, spec: Partial<ServiceSpec>, ctx = dualStack()) =>
  admitUpdate(
    builtIn('services'),
    undefined,
    before,
    { ...before, spec: { ...(before['spec'] as object), ...spec } },
    ctx,
  );
const specAfter = (...given: Parameters<typeof update>) => valueOf(update(...given))['spec'] as ServiceSpec;
const causes = (spec: Partial<ServiceSpec>) => causesOf(admitCreate(builtIn('services'), aService(spec), dualStack()));

const V4 = expect.stringMatching(/^10\.96\./) as string;
const V6 = expect.stringMatching(/^fd00:10:96::[0-9a-f]+$/) as string;
const BOTH = { ipFamilyPolicy: 'PreferDualStack' };
const ONE = { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIP: V4, clusterIPs: [V4] };
const TWO = { ipFamilies: ['IPv4', 'IPv6'], clusterIP: V4, clusterIPs: [V4, V6] };

describe('a service of a dual-stack cluster', () => {
  it.each<[string, Partial<ServiceSpec>, object]>([
    ['has one family unless it asks for more', {}, ONE],
    ['has both where it prefers that', BOTH, { ...BOTH, ...TWO }],
    ['has both where it must', { ipFamilyPolicy: 'RequireDualStack' }, TWO],
    [
      'has them in the order that it says',
      { ...BOTH, ipFamilies: ['IPv6'] },
      { ipFamilies: ['IPv6', 'IPv4'], clusterIP: V6, clusterIPs: [V6, V4] },
    ],
    [
      'may have IPv6 alone',
      { ipFamilies: ['IPv6'] },
      { ...ONE, ipFamilies: ['IPv6'], clusterIP: V6, clusterIPs: [V6] },
    ],
    [
      'is of the family of the address it asks for',
      { clusterIP: 'fd00:10:96::a' },
      { ...ONE, ipFamilies: ['IPv6'], clusterIP: 'fd00:10:96::a', clusterIPs: ['fd00:10:96::a'] },
    ],
    [
      'may ask for both addresses',
      { ...BOTH, clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', 'fd00:10:96::9'] },
      { ...TWO, clusterIPs: ['10.96.0.9', 'fd00:10:96::9'] },
    ],
    ['may be headless of both', { ...BOTH, clusterIP: 'None' }, { ipFamilies: TWO.ipFamilies, clusterIPs: ['None'] }],
  ])('%s', (_what, spec, expected) => {
    expect(made(spec)['spec']).toMatchObject(expected);
  });

  it.each<[string, Partial<ServiceSpec>, string]>([
    [
      'two families under a policy of one',
      { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    ],
    [
      'two addresses without a policy of two',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', 'fd00:10:96::9'] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified`,
    ],
    [
      'an address of another family than it says',
      { ipFamilies: ['IPv6'], clusterIP: '10.96.0.9' },
      'spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [
      'an address outside of the range of its family',
      { clusterIP: 'fd00:10:97::1' },
      'spec.clusterIPs: Invalid value: []string{"fd00:10:97::1"}: failed to allocate IP fd00:10:97::1: the provided IP (fd00:10:97::1) is not in the valid range. The range of valid IPs is fd00:10:96::/112',
    ],
    [
      'two addresses of IPv6',
      { ...BOTH, clusterIP: 'fd00:10:96::1', clusterIPs: ['fd00:10:96::1', 'fd00:10:96::2'] },
      'spec.clusterIPs: Invalid value: []string{"fd00:10:96::1", "fd00:10:96::2"}: may specify no more than one IP for each IP family',
    ],
  ])('is refused %s', (_what, spec, cause) => {
    expect(causes(spec)).toEqual([cause]);
  });

  it('shares no address of IPv6 with another, in whatever form that is written', () => {
    const first = created('services', aService({ clusterIP: 'fd00:10:96:0::000a' }, { name: 'first' }), dualStack());
    const ctx = dualStack(new FewObjects().put('services', first));
    expect(causesOf(admitCreate(builtIn('services'), aService({ clusterIP: 'fd00:10:96::a' }), ctx))[0]).toContain(
      'failed to allocate IP fd00:10:96::a: provided IP is already allocated',
    );
    const held = (made(BOTH)['spec'] as ServiceSpec).clusterIPs ?? [];
    const other = created('services', aService(BOTH, { name: 'other' }), dualStack());
    const next = made(BOTH, dualStack(new FewObjects().put('services', other)));
    for (const ip of (next['spec'] as ServiceSpec).clusterIPs ?? []) expect(held).not.toContain(ip);
  });
});

describe('the second address of a service', () => {
  const one = made({});
  const two = made(BOTH);
  const [first = '', second = ''] = (two['spec'] as ServiceSpec).clusterIPs ?? [];

  it('comes with a policy of two, and the first stays', () => {
    const { clusterIP } = one['spec'] as ServiceSpec;
    for (const ipFamilyPolicy of ['PreferDualStack', 'RequireDualStack']) {
      expect(specAfter(one, { ipFamilyPolicy })).toMatchObject({ ...TWO, clusterIP, clusterIPs: [clusterIP, V6] });
    }
    const asked = { ...BOTH, clusterIPs: [clusterIP ?? '', 'fd00:10:96::77'] };
    expect(specAfter(one, asked)).toMatchObject({ ipFamilies: TWO.ipFamilies, clusterIPs: asked.clusterIPs });
  });

  it('goes with a policy of one', () => {
    const alone = { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIP: first, clusterIPs: [first] };
    expect(specAfter(two, { ipFamilyPolicy: 'SingleStack' })).toMatchObject(alone);
    expect(specAfter(two, alone)).toMatchObject(alone);
  });

  it('does not go unsaid', () => {
    const release = "must be 'SingleStack' to release the secondary";
    expect(causesOf(update(two, { clusterIPs: [first] }))).toContain(
      `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": ${release} cluster IP`,
    );
    expect(causesOf(update(two, { ipFamilies: ['IPv4'] }))).toContain(
      `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": ${release} IP family`,
    );
  });

  it('stays when the manifest is sent again, by an older client too', () => {
    const put = (spec: Partial<ServiceSpec>) =>
      valueOf(admitUpdate(builtIn('services'), undefined, two, aService(spec), dualStack()))['spec'];
    expect(put(BOTH)).toBe(two.spec);
    expect(put({})).toBe(two.spec);
    expect(put({ clusterIP: first })).toBe(two.spec);
  });

  it('and the first one do not change, nor do the families change places', () => {
    expect(causesOf(update(two, { clusterIPs: [first, 'fd00:10:96::77'] }))).toEqual([
      `spec.clusterIPs[1]: Invalid value: []string{"${first}", "fd00:10:96::77"}: may not change once set`,
    ]);
    const turned = update(two, { ipFamilies: ['IPv6', 'IPv4'], clusterIP: second, clusterIPs: [second, first] });
    expect(causesOf(turned)).toContain(
      'spec.ipFamilies[0]: Invalid value: []core.IPFamily{"IPv6", "IPv4"}: may not change once set',
    );
  });

  it('does not come by itself when the cluster gets the other family', () => {
    const before = made(BOTH, admission());
    expect(before.spec).toMatchObject({ ...ONE, ...BOTH });
    expect(specAfter(before, { publishNotReadyAddresses: true })).toMatchObject({ ...ONE, ...BOTH });
    expect(specAfter(before, { ipFamilyPolicy: 'RequireDualStack' })).toMatchObject(TWO);
  });

  it('stays when the cluster loses the other family, until it is given up', () => {
    const ctx = admission();
    expect(specAfter(two, { publishNotReadyAddresses: true }, ctx).clusterIPs).toEqual([first, second]);
    expect(specAfter(two, { ipFamilyPolicy: 'SingleStack' }, ctx).clusterIPs).toEqual([first]);
  });

  it('is given up by a service that becomes a name, and one comes back with both', () => {
    const name = valueOf(update(two, { type: 'ExternalName', externalName: 'example.com' })) as StoredObject;
    expect(JSON.stringify(name['spec'])).not.toMatch(/clusterIP|ipFamil/);
    const back = { type: 'ClusterIP', externalName: undefined };
    expect(specAfter(name, { ...back, ...BOTH })).toMatchObject(TWO);
    expect(specAfter(name, { ...back, clusterIP: 'fd00:10:96::5' }).clusterIPs).toEqual(['fd00:10:96::5']);
  });
});

describe('a service that is changed again and again, in a cluster that gains and loses IPv6', () => {
  const step = fc.record({
    isDual: fc.boolean(),
    spec: fc.record(
      {
        ipFamilyPolicy: fc.constantFrom('SingleStack', 'PreferDualStack', 'RequireDualStack'),
        ipFamilies: fc.constantFrom<string[]>(['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']),
        clusterIPs: fc.constantFrom<string[] | undefined>(undefined, ['10.96.0.5'], ['10.96.0.5', 'fd00:10:96::5']),
      },
      { requiredKeys: [] },
    ),
  });

  it('has an address for each of its families, and the first for good', () => {
    fc.assert(
      fc.property(fc.constantFrom({}, BOTH), fc.array(step, { maxLength: 8 }), (start, steps) => {
        let now: StoredObject = made({ ...start, clusterIP: '10.96.0.5' });
        const { clusterIP } = now['spec'] as ServiceSpec;
        for (const { isDual, spec } of steps) {
          const result = update(now, spec, isDual ? dualStack() : admission());
          if (!result.ok) continue;
          now = result.value as StoredObject;
          const { clusterIPs = [], ipFamilies, ipFamilyPolicy } = now['spec'] as ServiceSpec;
          expect(clusterIPs.map(ipFamilyOf)).toEqual(ipFamilies);
          expect(clusterIPs[0]).toBe(clusterIP);
          expect((now['spec'] as ServiceSpec).clusterIP).toBe(clusterIP);
          if (ipFamilyPolicy === 'SingleStack') expect(clusterIPs).toHaveLength(1);
          if (ipFamilyPolicy === 'RequireDualStack' && isDual) expect(clusterIPs).toHaveLength(2);
        }
      }),
      { numRuns: 25 },
    );
  });
});
