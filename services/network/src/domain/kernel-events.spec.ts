import { mayConcern } from './kernel-events';

describe('a line of the monitor', () => {
  it.each([
    [
      'a bridge that was deleted',
      'Deleted 2: cni0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default',
    ],
    ['a pod’s interface that was deleted', 'Deleted 7: veth0123456789@NONE: <BROADCAST,MULTICAST> mtu 1450 state DOWN'],
    ['a route that was deleted', 'Deleted 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 201 onlink'],
    ['an address that was deleted', 'Deleted 3: cni0    inet 10.244.1.1/24 scope global cni0'],
    ['an interface of another size', '3: eth0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc noqueue state UP'],
    ['a route that says what it carries', 'default via 172.30.0.1 dev eth0 mtu 1400'],
  ])('about %s wakes the agent', (_, line) => expect(mayConcern(line)).toBe(true));

  it.each([
    ['that comes', '7: veth0123456789@if2: <BROADCAST,MULTICAST> mtu 1450 qdisc noop state DOWN group default'],
    ['in the bridge', '7: veth0123456789@cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 master cni0 state UP'],
  ])('about a pod’s interface %s does not', (_, line) => expect(mayConcern(line)).toBe(false));
});
