import { builtIn, type LoadBalancerIngress } from '@shiplog/contracts';
import { admitUpdate } from '../update';
import { aService, admission, causesOf, created, valueOf } from '../testing/builders';

describe('the status of a service', () => {
  const told = (ingress: LoadBalancerIngress, type = 'LoadBalancer') => {
    const before = created('services', aService({ type }));
    const status = { loadBalancer: { ingress: [ingress] } };
    return admitUpdate(builtIn('services'), 'status', before, { ...before, status }, admission());
  };
  const at = 'status.loadBalancer.ingress';

  it('says how an address is reached, of itself where nobody does', () => {
    const ingress = (given: LoadBalancerIngress) => valueOf(told(given))['status'];
    expect(ingress({ ip: '192.0.2.7' })).toEqual({ loadBalancer: { ingress: [{ ip: '192.0.2.7', ipMode: 'VIP' }] } });
    expect(ingress({ hostname: 'a.example.com' })).toEqual({
      loadBalancer: { ingress: [{ hostname: 'a.example.com' }] },
    });
  });

  it.each<[string, LoadBalancerIngress, string]>([
    [
      'an unknown mode',
      { ip: '192.0.2.7', ipMode: 'X' },
      '[0].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"',
    ],
    [
      'a mode of nothing',
      { hostname: 'a.b', ipMode: 'VIP' },
      '[0].ipMode: Forbidden: may not be specified when `ip` is not set',
    ],
    [
      'an address for a name',
      { hostname: '192.0.2.7' },
      '[0].hostname: Invalid value: "192.0.2.7": must be a DNS name, not an IP address',
    ],
  ])('is refused with %s', (_what, ingress, cause) => {
    expect(causesOf(told(ingress))).toEqual([`${at}${cause}`]);
  });

  it('has no balancer where the service has none', () => {
    expect(causesOf(told({ ip: '192.0.2.7' }, 'ClusterIP'))).toEqual([
      `${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`,
    ]);
  });
});
