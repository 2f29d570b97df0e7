import { builtIn, type ServiceSpec } from '@shiplog/contracts';
import { warningsOf } from '../warnings';
import { aService, created } from '../testing/builders';

describe('who makes a service is warned', () => {
  const warnings = (spec: Partial<ServiceSpec>, annotations?: Record<string, string>) =>
    warningsOf(builtIn('services'), created('services', aService(spec, { annotations })));
  const HINTS = 'service.kubernetes.io/topology-aware-hints';

  it.each<[string, string[], Partial<ServiceSpec>]>([
    ['of nothing', [], {}],
    [
      'of addresses that nothing leads to',
      ['spec.externalIPs is ignored for headless services'],
      { clusterIP: 'None', externalIPs: ['192.0.2.7'] },
    ],
    [
      'of an affinity to no address',
      ['spec.SessionAffinity is ignored for headless services'],
      { clusterIP: 'None', sessionAffinity: 'ClientIP' },
    ],
    [
      'of a balancer of nothing',
      ['spec.loadBalancerIP is ignored for headless services'],
      { clusterIP: 'None', loadBalancerIP: '192.0.2.7' },
    ],
    [
      'of addresses of a name',
      ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
      { type: 'ExternalName', externalName: 'a.b', externalIPs: ['192.0.2.7'] },
    ],
    [
      'of a name of addresses',
      ['spec.externalName is ignored when spec.type is not "ExternalName"'],
      { externalName: 'a.b' },
    ],
  ])('%s', (_what, expected, spec) => {
    expect(warnings(spec)).toEqual(expected);
  });

  it('of an old annotation', () => {
    expect(warnings({}, { [HINTS]: 'auto' })).toEqual([
      `annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ]);
  });
});
