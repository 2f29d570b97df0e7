import type { RecordType } from 'dns-packet';
import { aHeadless, anEndpoint, aService, aSlice, namesOf, zoneOf } from '../testing/builders';
import { Zone } from './zone';

const zone = zoneOf(
  aService('web', {
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
      { port: 9, protocol: 'TCP' },
    ],
  }),
  aService('both', { clusterIP: '10.96.0.30', clusterIPs: ['10.96.0.30', 'fd00:96::30'] }),
  aService('kube-dns', { clusterIP: '10.96.0.10' }, 'kube-system'),
  aHeadless('db'),
  aSlice('db', [
    anEndpoint('10.244.1.2', { hostname: 'db-0' }),
    anEndpoint('10.244.1.3'),
    anEndpoint('10.244.1.4', { conditions: { ready: false } }),
  ]),
  aHeadless('empty'),
  aService('ext', { type: 'ExternalName', externalName: 'Example.org.', clusterIP: undefined }),
  aService('odd', { type: 'ExternalName', externalName: '192.0.2.7', clusterIP: undefined }),
);

/** What is found, in one line a record; addresses and names sorted. */
function look(name: string, type: RecordType = 'A'): string[] | string {
  const finding = zone.find(name, type);
  if (finding.kind !== 'found' && finding.kind !== 'alias') return finding.kind;
  return finding.answers
    .map((record) => `${record.type} ${JSON.stringify('data' in record ? record.data : '')}`)
    .sort();
}

describe('the names of a cluster', () => {
  it.each<[string, string, RecordType, string[] | string]>([
    ['a Service', 'web.default.svc.cluster.local', 'A', ['A "10.96.0.20"']],
    ['of the other family there is nothing', 'web.default.svc.cluster.local', 'AAAA', []],
    ['a Service of both families', 'both.default.svc.cluster.local', 'AAAA', ['AAAA "fd00:96::30"']],
    ['another type', 'web.default.svc.cluster.local', 'MX', []],
    ['no such Service', 'nothing.default.svc.cluster.local', 'A', 'no name'],
    ['no such namespace', 'web.nowhere.svc.cluster.local', 'A', 'no name'],
    ['a namespace', 'default.svc.cluster.local', 'A', []],
    ['a namespace that is not there', 'nowhere.svc.cluster.local', 'A', 'no name'],
    ['all Services', 'svc.cluster.local', 'A', []],
    ['the domain', 'cluster.local', 'NS', ['NS "ns.dns.cluster.local"']],
    ['the server', 'ns.dns.cluster.local', 'A', ['A "10.96.0.10"']],
    ['the version of the rules', 'dns-version.cluster.local', 'TXT', ['TXT ["1.1.0"]']],
    ['what the domain has not', 'web.cluster.local', 'A', 'no name'],
    ['a name elsewhere', 'example.org', 'A', 'foreign'],
    ['a name that only ends alike', 'notcluster.local', 'A', 'foreign'],
    [
      'the ready endpoints of a headless Service',
      'db.default.svc.cluster.local',
      'A',
      ['A "10.244.1.2"', 'A "10.244.1.3"'],
    ],
    ['an endpoint by its host name', 'db-0.db.default.svc.cluster.local', 'A', ['A "10.244.1.2"']],
    ['an endpoint by its address', '10-244-1-3.db.default.svc.cluster.local', 'A', ['A "10.244.1.3"']],
    ['an endpoint that is not ready', '10-244-1-4.db.default.svc.cluster.local', 'A', 'no name'],
    ['an endpoint of a Service with an address', '10-244-1-2.web.default.svc.cluster.local', 'A', 'no name'],
    ['a headless Service without endpoints', 'empty.default.svc.cluster.local', 'A', 'no name'],
    ['an external name', 'ext.default.svc.cluster.local', 'A', ['CNAME "example.org"']],
    ['an external name that is an address', 'odd.default.svc.cluster.local', 'A', ['A "192.0.2.7"']],
    ['below an external name', 'a.ext.default.svc.cluster.local', 'A', 'no name'],
    ['a pod by its address', '10-244-1-9.default.pod.cluster.local', 'A', ['A "10.244.1.9"']],
    ['a pod by no address', 'x.default.pod.cluster.local', 'A', 'no name'],
    ['a pod of no namespace', '10-244-1-9.nowhere.pod.cluster.local', 'A', 'no name'],
    ['below a pod', 'x.10-244-1-9.default.pod.cluster.local', 'A', 'no name'],
    ['the address of a Service', '20.0.96.10.in-addr.arpa', 'PTR', ['PTR "web.default.svc.cluster.local"']],
    ['the address of an endpoint', '2.1.244.10.in-addr.arpa', 'PTR', ['PTR "db-0.db.default.svc.cluster.local"']],
    ['an address that is not of the cluster', '1.2.0.192.in-addr.arpa', 'PTR', 'foreign'],
    [
      'an IPv6 address',
      `0.3.${'0.'.repeat(22)}6.9.0.0.0.0.d.f.ip6.arpa`,
      'PTR',
      ['PTR "both.default.svc.cluster.local"'],
    ],
    ['a port nobody has', '_http._udp.web.default.svc.cluster.local', 'SRV', 'no name'],
    ['what is above a port', '_tcp.web.default.svc.cluster.local', 'SRV', []],
    ['a port asked for its address', '_http._tcp.web.default.svc.cluster.local', 'A', []],
    ['what is below a port', 'x._http._tcp.web.default.svc.cluster.local', 'SRV', 'no name'],
    ['a very long way down', `${'a.'.repeat(100)}web.default.svc.cluster.local`, 'A', 'no name'],
  ])('are found: %s', (_title, name, type, expected) => {
    expect(look(name, type)).toEqual(expected);
  });

  it('are those of a headless Service’s endpoints of both families', () => {
    const both = zoneOf(
      aHeadless('db'),
      aSlice('db', [anEndpoint('10.244.1.2', { hostname: 'db-0' })]),
      aSlice('db', [anEndpoint('fd00:10:244::2', { hostname: 'db-0' }), anEndpoint('fd00:10:244::3')], {
        metadata: { namespace: 'default', name: 'db-2', labels: { 'kubernetes.io/service-name': 'db' } },
        addressType: 'IPv6',
      }),
    );
    const data = (name: string, type: RecordType) => {
      const finding = both.find(name, type);
      return finding.kind === 'found' ? finding.answers.map((record) => 'data' in record && record.data) : finding.kind;
    };
    expect(data('db.default.svc.cluster.local', 'A')).toEqual(['10.244.1.2']);
    expect(data('db.default.svc.cluster.local', 'AAAA')).toEqual(['fd00:10:244::2', 'fd00:10:244::3']);
    expect(data('db-0.db.default.svc.cluster.local', 'AAAA')).toEqual(['fd00:10:244::2']);
    expect(data('fd00-10-244--3.db.default.svc.cluster.local', 'AAAA')).toEqual(['fd00:10:244::3']);
    expect(data('fd00-10-244--9.default.pod.cluster.local', 'AAAA')).toEqual(['fd00:10:244::9']);
    expect(data(`2.${'0.'.repeat(19)}4.4.2.0.0.1.0.0.0.0.d.f.ip6.arpa`, 'PTR')).toEqual([
      'db-0.db.default.svc.cluster.local',
    ]);
  });

  it('lead to ports', () => {
    const finding = zone.find('_http._tcp.web.default.svc.cluster.local', 'SRV');
    const target = 'web.default.svc.cluster.local';
    expect(finding).toMatchObject({
      answers: [{ type: 'SRV', data: { priority: 0, weight: 100, port: 80, target } }],
      additionals: [{ name: target, type: 'A', data: '10.96.0.20' }],
    });
    const ofAll = zone.find('web.default.svc.cluster.local', 'SRV');
    expect(ofAll.kind === 'found' && ofAll.answers.map((record) => 'data' in record && record.data)).toEqual([
      { priority: 0, weight: 50, port: 80, target },
      { priority: 0, weight: 50, port: 53, target },
    ]);
  });

  it('lead to the ports of endpoints, each under its own name', () => {
    const finding = zone.find('_http._tcp.db.default.svc.cluster.local', 'SRV');
    expect(finding).toMatchObject({
      answers: [
        { data: { weight: 50, port: 8080, target: 'db-0.db.default.svc.cluster.local' } },
        { data: { weight: 50, port: 8080, target: '10-244-1-3.db.default.svc.cluster.local' } },
      ],
      additionals: [{ data: '10.244.1.2' }, { data: '10.244.1.3' }],
    });
  });

  it('follow each change', () => {
    const names = namesOf(aHeadless('db'));
    const own = new Zone('cluster.local', names, 'kube-system/kube-dns');
    const answers = (name: string, type: RecordType = 'A'): number | string => {
      const finding = own.find(name, type);
      return 'answers' in finding ? finding.answers.length : finding.kind;
    };
    const before = aSlice('db', [anEndpoint('10.244.1.2')]);
    const after = aSlice('db', [anEndpoint('10.244.1.3'), anEndpoint('10.244.1.4')]);
    names.apply({ after: before });
    expect([answers('db.default.svc.cluster.local'), answers('2.1.244.10.in-addr.arpa', 'PTR')]).toEqual([1, 1]);
    names.apply({ before, after });
    expect([answers('db.default.svc.cluster.local'), answers('2.1.244.10.in-addr.arpa', 'PTR')]).toEqual([
      2,
      'foreign',
    ]);
    names.apply({ before: aHeadless('db') });
    expect([answers('db.default.svc.cluster.local'), answers('3.1.244.10.in-addr.arpa', 'PTR')]).toEqual([
      'no name',
      'foreign',
    ]);
    names.apply({ before: { kind: 'Namespace', metadata: { name: 'default' } } });
    expect(answers('default.svc.cluster.local')).toBe('no name');
  });
});
