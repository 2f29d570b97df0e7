import {
  asPrefix,
  configKey,
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  labelValue,
  pathSegment,
  portName,
  qualifiedName,
} from './names';

describe('names', () => {
  it('of most objects are lower-case subdomains', () => {
    for (const right of ['web', 'web-1', 'a.b.c', '1a', 'a'.repeat(253)]) expect(dnsSubdomain(right)).toEqual([]);
    for (const wrong of ['', 'Web', '-web', 'web-', 'a..b', 'a_b', '__proto__']) {
      expect(dnsSubdomain(wrong)[0]).toMatch(/^a lowercase RFC 1123 subdomain must consist of/);
    }
    expect(dnsSubdomain('a'.repeat(254))).toEqual(['must be no more than 253 bytes']);
  });

  it('of namespaces are labels, and of services labels that begin with a letter', () => {
    expect(dnsLabel('kube-system')).toEqual([]);
    expect(dnsLabel('a.b')).toHaveLength(1);
    expect(dns1035Label('web')).toEqual([]);
    expect(dns1035Label('1web')[0]).toMatch(/^a DNS-1035 label must consist of/);
  });

  it('never contain what a path gives a meaning to', () => {
    expect(pathSegment('a/b')).toEqual(["may not contain '/'"]);
    expect(pathSegment('..')).toEqual(["may not be '..'"]);
    expect(pathSegment('system:node%\n')).toEqual([
      "may not contain '%'",
      'may not contain control characters or broken characters',
    ]);
    expect(pathSegment('\ud800')).toHaveLength(1);
  });

  it('may be generated from a prefix that ends in a dash', () => {
    expect(asPrefix(dnsSubdomain)('web-')).toEqual([]);
    expect(asPrefix(dnsSubdomain)('Web-')).toHaveLength(1);
  });

  it('of labels can have a domain in front', () => {
    for (const right of ['app', 'app.kubernetes.io/name', 'A_b.c', 'x'.repeat(63)])
      expect(qualifiedName(right)).toEqual([]);
    expect(qualifiedName('a/b/c')[0]).toMatch(/^a qualified name must consist of/);
    expect(qualifiedName('/b')).toEqual(['prefix part must be non-empty']);
    expect(qualifiedName('')[0]).toBe('name part must be non-empty');
    expect(qualifiedName('__proto__')[0]).toMatch(/^name part must consist of/);
    expect(qualifiedName('x'.repeat(64))).toEqual(['name part must be no more than 63 bytes']);
  });

  it('of label values can be empty but not end in a dash', () => {
    expect(labelValue('')).toEqual([]);
    expect(labelValue('v1.2_3')).toEqual([]);
    expect(labelValue('v1-')).toHaveLength(1);
  });

  it('of configuration keys can be file names', () => {
    expect(configKey('redis.conf')).toEqual([]);
    expect(configKey('..')).toEqual(["must not be '..'"]);
    expect(configKey('..a')).toEqual(["must not start with '..'"]);
    expect(configKey('a/b')).toHaveLength(1);
  });

  it('of ports have at most 15 characters, one of them a letter', () => {
    expect(portName('http')).toEqual([]);
    expect(portName('80')).toEqual(['must contain at least one letter (a-z)']);
    expect(portName('a--b')).toEqual(['must not contain consecutive hyphens']);
    expect(portName('much-too-long-name')).toEqual(['must be no more than 15 characters']);
  });
});
