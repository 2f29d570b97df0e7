import { isKey, planConfiguration, readDump, type WantedWireguard } from './wireguard';

const [OWN, OWN_PUBLIC, PEER] = ['A', 'B', 'C'].map((letter) => `${letter.repeat(42)}E=`) as [string, string, string];
const WANTED: WantedWireguard = {
  name: 'wg1',
  mtu: 1440,
  port: 51820,
  address: '10.244.1.0/32',
  peers: [{ publicKey: PEER, endpoint: '192.0.2.2:51820', allowed: '10.244.2.0/24' }],
};
const DUMP = [
  [OWN, OWN_PUBLIC, '51820', 'off'].join('\t'),
  [PEER, '(none)', '192.0.2.2:51820', '10.244.2.0/24', '0', '0', '0', 'off'].join('\t'),
  '',
].join('\n');

describe('a WireGuard interface', () => {
  it('that is as wanted is left alone', () => {
    expect(planConfiguration(WANTED, OWN, readDump(DUMP))).toBeUndefined();
  });

  it('is left alone in whatever order it shows the networks of a peer', () => {
    const both = { ...WANTED.peers[0]!, allowed: '10.244.2.0/24,fd00:10:244:2::/64' };
    const dump = DUMP.replace('10.244.2.0/24', 'fd00:10:244:2::/64,10.244.2.0/24');
    expect(planConfiguration({ ...WANTED, peers: [both] }, OWN, readDump(dump))).toBeUndefined();
    expect(planConfiguration({ ...WANTED, peers: [both] }, OWN, readDump(DUMP))).toContain(
      'AllowedIPs = 10.244.2.0/24,fd00:10:244:2::/64\n',
    );
  });

  it('that is new gets its key, its port and its peers', () => {
    const fresh = readDump(['(none)', '(none)', '0', 'off'].join('\t'));
    expect(fresh).toEqual({ privateKey: '', publicKey: '(none)', port: 0, peers: [] });
    expect(planConfiguration(WANTED, OWN, fresh)).toBe(
      `[Interface]\nPrivateKey = ${OWN}\nListenPort = 51820\n` +
        `[Peer]\nPublicKey = ${PEER}\nEndpoint = 192.0.2.2:51820\nAllowedIPs = 10.244.2.0/24\n`,
    );
  });

  it.each([
    ['a peer that is gone', { peers: [] }],
    ['a peer that moved', { peers: [{ ...WANTED.peers[0]!, endpoint: '192.0.2.3:51820' }] }],
    ['a peer of another network', { peers: [{ ...WANTED.peers[0]!, allowed: '10.244.3.0/24' }] }],
    ['another port', { port: 51821 }],
  ])('is configured anew for %s', (_, change) => {
    expect(planConfiguration({ ...WANTED, ...change }, OWN, readDump(DUMP))).toContain(`PrivateKey = ${OWN}`);
  });

  it('takes for keys what are 32 bytes in base64', () => {
    expect([OWN, PEER].map(isKey)).toEqual([true, true]);
    expect(['', 'A'.repeat(44), `${'A'.repeat(43)}=`.slice(1), `${OWN}\n`, `${'A'.repeat(42)}B=`].map(isKey)).toEqual(
      Array(5).fill(false),
    );
  });
});
