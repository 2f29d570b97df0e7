import { aLink } from '../testing/builders';
import { hostEndCommands, mendCommands, vethDefect, podEndCommands, readAlias, readVeths } from './veth';

describe('a veth pair', () => {
  const veth = {
    uid: 'u-1',
    ip: '10.244.1.2',
    namespace: 'net:[4026532001]',
    pid: 42,
    gateway: '10.244.1.1',
    prefix: 24,
    mtu: 1450,
  };

  it('is made and labelled in one batch on the node’s side, one on the pod’s', () => {
    expect(hostEndCommands(veth)).toEqual([
      expect.stringMatching(
        /^link add veth\w{10} group 1408499970 mtu 1450 type veth peer name eth0 address 0a:58:0a:f4:01:02 mtu 1450 netns 42$/,
      ),
      expect.stringMatching(/^link set veth\w{10} alias shiplog:u-1:10.244.1.2:4026532001$/),
      expect.stringMatching(/^link set veth\w{10} master cni0 up$/),
      expect.stringMatching(/^link set veth\w{10} type bridge_slave hairpin on$/),
    ]);
    expect(podEndCommands(veth)).toEqual([
      'link set lo up',
      'address add 10.244.1.2/24 dev eth0',
      'link set eth0 up',
      'route add default via 10.244.1.1 dev eth0',
    ]);
  });

  it('of a pod with both families has its second address on its label and in the pod, usable at once', () => {
    const v6 = { gateway: 'fd00:10:244:1::1', prefix: 64 };
    const dual = { ...veth, ipv6: 'fd00:10:244:1::2', v6 };
    const alias = 'shiplog:u-1:10.244.1.2:4026532001:fd00:10:244:1::2';
    expect(hostEndCommands(dual)[1]).toContain(`alias ${alias}`);
    expect(readAlias(alias)).toMatchObject({ uid: 'u-1', ip: '10.244.1.2', ipv6: 'fd00:10:244:1::2' });
    expect(podEndCommands(dual).filter((line) => line.includes('::'))).toEqual([
      'address add fd00:10:244:1::2/64 dev eth0 nodad',
      'route add ::/0 via fd00:10:244:1::1 dev eth0',
    ]);
    // A pod of before the node had a network of IPv6.
    expect(podEndCommands({ ...veth, v6 })).toEqual(podEndCommands(veth));
  });

  it('is looked at for what may be wrong with it, the worst first, and put right', () => {
    const { ip } = veth;
    const link = { ...aLink('veth0123456789', { master: 'cni0', group: '1408499970' }), mtu: 1450 };
    expect(vethDefect(link, ip, 1450)).toBeUndefined();
    expect(vethDefect(link, ip, 1400)).toBe('resized');
    expect(vethDefect({ ...link, master: undefined }, ip, 1400)).toBe('unplugged');
    expect(vethDefect({ ...link, flags: [] }, ip, 1450)).toBe('unplugged');
    expect(vethDefect({ ...link, master: undefined, group: 'default' }, ip, 1450)).toBe('ungrouped');
    expect(vethDefect(undefined, ip, 1450)).toBe('gone');
    expect(mendCommands({ ...veth, mtu: 1400 })).toEqual([
      expect.stringMatching(/^link set dev veth\w{10} group 1408499970$/),
      expect.stringMatching(/^link set veth\w{10} mtu 1400$/),
      expect.stringMatching(/^link set veth\w{10} master cni0 up$/),
      expect.stringMatching(/^link set veth\w{10} type bridge_slave hairpin on$/),
    ]);
  });

  it('tells from its label whose it is; one without a label is unfinished; an engine’s is not ours', () => {
    const links = [
      aLink('veth0123456789', { ifalias: 'shiplog:u-1:10.244.1.2:4026532001', master: 'cni0' }),
      aLink('vethaaaaaaaaaa', {}),
      aLink('vethbbbbbbbbbb', { master: 'docker0' }),
      aLink('veth1234567', { master: 'cni0' }),
      aLink('eth0'),
    ];
    expect(readVeths(links)).toEqual({
      attached: [{ uid: 'u-1', ip: '10.244.1.2', namespace: 'net:[4026532001]' }],
      unfinished: ['vethaaaaaaaaaa'],
    });
  });
});
