import { pod } from '../../testing/builders';
import { renderResolvConf, type NodeDns } from './resolv-conf';

const NODE: NodeDns = {
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  resolvConf: 'nameserver 192.0.2.53\nsearch example.org .\noptions ndots:1 edns0\n',
};
const CLUSTER =
  'search default.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\noptions ndots:5\n';
const OWN = 'search example.org\nnameserver 192.0.2.53\noptions ndots:1 edns0\n';

describe('resolv.conf of a pod', () => {
  it.each([
    ['is the cluster’s', {}, CLUSTER],
    ['is its node’s by the policy Default', { dnsPolicy: 'Default' }, OWN],
    ['is its node’s in the node’s network', { dnsPolicy: 'ClusterFirst', hostNetwork: true }, OWN],
    ['is the cluster’s there too, if it says so', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, CLUSTER],
    ['is nothing by the policy None', { dnsPolicy: 'None' }, ''],
    [
      'is its own alone by the policy None',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{ name: 'rotate' }] } },
      'search a.b\nnameserver 1.1.1.1\noptions rotate\n',
    ],
    [
      'has what the pod adds behind that of its policy, and its options instead',
      {
        dnsConfig: {
          nameservers: ['1.1.1.1', '10.96.0.10'],
          searches: ['a.b'],
          options: [
            { name: 'ndots', value: '2' },
            { name: 'edns0', value: '' },
          ],
        },
      },
      'search default.svc.cluster.local svc.cluster.local cluster.local example.org a.b\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    ],
  ])('%s', (_title, spec, text) => {
    expect(renderResolvConf(pod(spec), NODE)).toEqual({ text, warnings: [] });
  });

  it('falls back to the node’s where the cluster’s is not known, with a word on it', () => {
    const { text, warnings } = renderResolvConf(pod(), { ...NODE, clusterDns: [] });
    expect(text).toBe(OWN);
    expect(warnings).toMatchObject([{ reason: 'MissingClusterDNS' }]);
    expect(warnings[0]?.message).toContain(
      'cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
    );
  });

  it('leaves out what resolvers don’t take, with a word on it', () => {
    const nameservers = ['1.1.1.1', '1.1.1.2', '1.1.1.3'];
    const searches = Array.from({ length: 40 }, (_, i) => `s${i}.example`);
    const { text, warnings } = renderResolvConf(pod({ dnsConfig: { nameservers, searches } }), NODE);
    expect(text.match(/^nameserver/gm)).toHaveLength(3);
    expect(/^search (.*)$/m.exec(text)?.[1]?.split(' ')).toHaveLength(32);
    expect(warnings.map(({ message }) => message.split(',', 1)[0])).toEqual([
      'Nameserver limits were exceeded',
      'Search Line limits were exceeded',
    ]);
    const long = Array.from({ length: 20 }, (_, i) => `${i}${'x'.repeat(150)}`);
    const { text: cut } = renderResolvConf(pod({ dnsConfig: { searches: long } }), NODE);
    expect((/^search (.*)$/m.exec(cut)?.[1] ?? '').length).toBeLessThanOrEqual(2_048);
  });
});
