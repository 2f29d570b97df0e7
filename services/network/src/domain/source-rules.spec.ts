import { blockOf, renderBlock, renderSources } from './source-rules';

describe('the rules of who may send what', () => {
  it('let a pod’s port send as the pod that its group tells, and nothing else', () => {
    const lines = renderSources('n1', ['10.244.1.0']).split('\n');
    expect(lines.filter((line) => line.startsWith('add rule'))).toEqual([
      'add rule bridge shiplog_network_n1 from_pods ether type ip meta iifgroup . ether saddr . ip saddr @sources accept',
      'add rule bridge shiplog_network_n1 from_pods ether type arp meta iifgroup . ether saddr . arp saddr ip @sources meta iifgroup . arp saddr ether . arp saddr ip @sources accept',
      'add rule bridge shiplog_network_n1 from_pods meta iifgroup 1392508928-1409286143 counter drop',
    ]);
    const elements = lines.filter((line) => line.startsWith('add element'));
    expect(elements).toHaveLength(1);
    expect(elements[0]).toContain('add element bridge shiplog_network_n1 sources { ');
    expect(elements[0]).toContain(', 1408499970 . 0a:58:0a:f4:01:02 . 10.244.1.2, ');
    expect(renderSources('n1', [])).not.toContain('element');
  });

  it('are there for all addresses of a block before a pod has one', () => {
    expect(blockOf('172.16.3.77')).toBe('172.16.3.0');
    expect(renderBlock('n1', '172.16.3.0').match(/172\.16\.3\.\d+/g)).toHaveLength(256);
    expect(renderBlock('n1', '172.16.3.0')).toContain('0a:58:ac:10:03:ff . 172.16.3.255 }');
  });

  it('let a pod of both families speak as itself in both, and find its neighbours', () => {
    const v6Of = (ip: string) =>
      ip.startsWith('10.244.1.') ? `fd00::${Number(ip.split('.')[3]).toString(16)}` : undefined;
    const lines = renderSources('n1', ['10.244.1.0', '10.9.9.0'], v6Of).split('\n');
    expect(lines.filter((line) => line.startsWith('add rule')).slice(2)).toEqual(
      [
        'meta iifgroup 1392508928-1409286143 icmpv6 type nd-neighbor-advert meta iifgroup . @th,64,128 != @targets_v6 counter drop',
        'ether type ip6 meta iifgroup . ether saddr . ip6 saddr @sources_v6 accept',
        'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } meta iifgroup . ether saddr . ip6 saddr @link_sources_v6 accept',
        'meta iifgroup 1392508928-1409286143 counter drop',
      ].map((rule) => `add rule bridge shiplog_network_n1 from_pods ${rule}`),
    );
    const texts = lines.filter((line) => line.startsWith('add element'));
    expect(texts).toHaveLength(5);
    expect(texts[1]).toContain(', 1408499970 . 0a:58:0a:f4:01:02 . fd00::2, ');
    expect(texts[2]).toContain(', 1408499970 . 0a:58:0a:f4:01:02 . fe80::858:aff:fef4:102, ');
    const targets = ['0xfd000000000000000000000000000002', '0xfe8000000000000008580afffef40102'];
    expect(texts[3]).toContain(targets.map((target) => `, 1408499970 . ${target}`).join(''));
    expect(renderSources('n1', ['10.244.1.0'])).not.toMatch(/v6|fd00|fe80/);
  });
});
