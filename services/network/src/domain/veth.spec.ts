import { aLink } from '../testing/builders';
import { hostEndCommands, podEndCommands, readVeths } from './veth';

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
        /^link add veth\w{10} mtu 1450 type veth peer name eth0 address 0a:58:0a:f4:01:02 mtu 1450 netns 42$/,
      ),
      expect.stringMatching(/^link set veth\w{10} alias shiplog:u-1:10.244.1.2:4026532001 master cni0 up$/),
      expect.stringMatching(/^link set veth\w{10} type bridge_slave hairpin on$/),
    ]);
    expect(podEndCommands(veth)).toEqual([
      'link set lo up',
      'address add 10.244.1.2/24 dev eth0',
      'link set eth0 up',
      'route add default via 10.244.1.1 dev eth0',
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
