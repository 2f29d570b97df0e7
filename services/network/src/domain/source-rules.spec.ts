import { renderSenders, renderSources } from './source-rules';

const POD = { uid: 'u-1', ip: '10.244.1.2' };

describe('the rules of who may send what', () => {
  it('let a pod’s port send as the pod, and nothing else', () => {
    const lines = renderSources('n1', [POD]).split('\n');
    expect(lines.filter((line) => line.startsWith('add rule'))).toEqual([
      'add rule bridge shiplog_network_n1 from_pods ether type ip iifname . ether saddr . ip saddr @sources accept',
      'add rule bridge shiplog_network_n1 from_pods ether type arp iifname . ether saddr . arp saddr ip @sources iifname . arp saddr ether . arp saddr ip @sources accept',
      'add rule bridge shiplog_network_n1 from_pods iifname @ports counter drop',
    ]);
    expect(lines.filter((line) => line.startsWith('add element'))).toEqual([
      expect.stringMatching(
        /^add element bridge shiplog_network_n1 sources \{ "veth\w{10}" \. 0a:58:0a:f4:01:02 \. 10\.244\.1\.2 \}$/,
      ),
      expect.stringMatching(/^add element bridge shiplog_network_n1 ports \{ "veth\w{10}" \}$/),
    ]);
    expect(renderSources('n1', [])).not.toContain('element');
  });

  it('change by the pod', () => {
    expect(renderSenders('delete', 'n1', [POD])).toMatch(
      /^delete element \S+ \S+ sources \{.*\}\ndelete element .* ports/,
    );
  });
});
