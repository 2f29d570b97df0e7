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
});
