import { pod } from '../../testing/builders';
import { hostnameOf, kernelHostnameOf, renderHosts } from './etc-files';

describe('a pod’s files in /etc', () => {
  it('name the pod by its address, and what it asks for', () => {
    const aliased = pod({ hostAliases: [{ ip: '192.0.2.9', hostnames: ['db', 'db.local'] }] });
    const hosts = renderHosts(aliased, ['10.244.1.2'], '', 'cluster.local');
    expect(hosts).toContain('127.0.0.1\tlocalhost\n');
    expect(hosts).toContain('\n10.244.1.2\tweb\n');
    const both = renderHosts(pod({}), ['10.244.1.2', 'fd00:10:244::2'], '', 'cluster.local');
    expect(both).toContain('\n10.244.1.2\tweb\nfd00:10:244::2\tweb\n');
    expect(hosts).toContain('# Entries added by HostAliases.\n192.0.2.9\tdb\tdb.local\n');
  });

  it('add to the node’s own when the pod uses its network', () => {
    expect(renderHosts(pod({ hostNetwork: true }), ['192.0.2.1'], '127.0.0.1 me\n', 'cluster.local')).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n',
    );
  });

  it('give it a host name of a length that the kernel takes', () => {
    expect(hostnameOf(pod({ hostname: 'h' }))).toBe('h');
    expect(hostnameOf(pod({}, {}, { name: `${'a'.repeat(62)}-b` }))).toBe('a'.repeat(62));
  });

  it('give it a host name with its domain where it wants that, if that is not too long', () => {
    const named = (hostname: string) => pod({ hostname, subdomain: 's', setHostnameAsFQDN: true });
    expect(kernelHostnameOf(named('h'), 'cluster.local')).toBe('h.s.default.svc.cluster.local');
    expect(kernelHostnameOf(pod({ hostname: 'h', subdomain: 's' }), 'cluster.local')).toBe('h');
    expect(() => kernelHostnameOf(named('h'.repeat(40)), 'cluster.local')).toThrow(
      '(64 characters is the max, 68 characters requested)',
    );
  });
});
