import { parseStubDomains, parseUpstream, serversFor, upstreamsOf } from './upstreams';

describe('the servers of names elsewhere', () => {
  it('are those of a resolv.conf, without this one itself', () => {
    const text =
      '# nameserver 9.9.9.9\nsearch x\nnameserver 10.96.0.10\n nameserver 192.0.2.1\nnameserver fd00::1\nnameserver x\n';
    expect(upstreamsOf(text, ['10.96.0.10'])).toEqual([
      { address: '192.0.2.1', port: 53 },
      { address: 'fd00::1', port: 53 },
    ]);
  });

  it('are others for domains that have their own; the longest counts', () => {
    const stubs = parseStubDomains('corp.example=10.1.0.5,10.1.0.6:5353;Lab.corp.example.=[fd00::1]:54');
    const others = [{ address: '192.0.2.1', port: 53 }];
    const first = (name: string): string | undefined => serversFor(name, { others, stubs })[0]?.address;
    expect(['a.corp.example', 'corp.example', 'x.lab.corp.example', 'notcorp.example', '.'].map(first)).toEqual([
      '10.1.0.5',
      '10.1.0.5',
      'fd00::1',
      '192.0.2.1',
      '192.0.2.1',
    ]);
  });

  it.each(['corp.example', '=10.1.0.5', 'corp.example=', 'corp.example=x', 'corp.example=10.1.0.5:99999'])(
    'are refused as %s',
    (text) => expect(() => parseStubDomains(text)).toThrow(/must be/),
  );

  it('have a port', () => {
    expect(parseUpstream('fd00::1')).toEqual({ address: 'fd00::1', port: 53 });
    expect(parseUpstream('10.1.0.5:5353')).toEqual({ address: '10.1.0.5', port: 5353 });
  });
});
