import { Namespace } from '@shiplog/testing';
import { Client, SERVER } from './traffic';

/** A client outside the cluster, a node, and three pods on it, each in a namespace of its own; a server answers in each pod. */
export class Lab {
  /** The pods' addresses; their servers' port is 8080. The IPv6 one of 10.244.1.2 is fd00:10:244:1::2. */
  readonly pods = ['10.244.1.2', '10.244.1.3', '10.244.1.4'];

  private constructor(
    readonly node: Namespace,
    private readonly others: readonly Namespace[],
    /**
     * Who asks: from outside at 192.168.9.2, on the node at 192.168.9.1 (10.244.1.1 to pods), from the first pod; with IPv6 at
     * fd00:192:168:9::2, fd00:192:168:9::1 and fd00:10:244:1::1.
     */
    readonly ask: Readonly<Record<'client' | 'node' | 'pod', Client>>,
  ) {}

  /** `id`: a few letters that no other lab on this machine has. */
  static async make(id: string): Promise<Lab> {
    const node = await Namespace.make(`slpn-${id}`);
    const client = await aClient(node, id);
    const pods: Namespace[] = [];
    for (const [index, ip] of ['10.244.1.2', '10.244.1.3', '10.244.1.4'].entries()) {
      pods.push(await aPod(node, `slp${index}-${id}`, `p${index}`, ip));
    }
    return new Lab(node, [client, ...pods], {
      client: await Client.in(client),
      node: await Client.in(node),
      pod: await Client.in(pods[0] as Namespace),
    });
  }

  async remove(): Promise<void> {
    for (const namespace of [this.node, ...this.others]) await namespace.remove();
  }
}

async function aClient(node: Namespace, id: string): Promise<Namespace> {
  const client = await Namespace.make(`slpc-${id}`);
  await node.ip(
    `link add c0 type veth peer name eth0 netns ${client.name}`,
    'link add cni0 type bridge',
    'address add 192.168.9.1/24 dev c0',
    'address add 10.244.1.1/24 dev cni0',
    'address add fd00:192:168:9::1/64 dev c0 nodad',
    'address add fd00:10:244:1::1/64 dev cni0 nodad',
    'link set c0 up',
    'link set cni0 up',
    'route add default via 192.168.9.2',
    'route add ::/0 via fd00:192:168:9::2',
  );
  for (const program of ['iptables', 'ip6tables'])
    await node.network.setting(`/proc/sys/net/bridge/bridge-nf-call-${program}`, '1');
  await client.ip(
    'address add 192.168.9.2/24 dev eth0',
    'address add fd00:192:168:9::2/64 dev eth0 nodad',
    'link set eth0 up',
    'route add default via 192.168.9.1',
    'route add ::/0 via fd00:192:168:9::1',
  );
  return client;
}

async function aPod(node: Namespace, name: string, link: string, ip: string): Promise<Namespace> {
  const pod = await Namespace.make(name);
  await node.ip(
    `link add ${link} type veth peer name eth0 netns ${pod.name}`,
    `link set ${link} master cni0 up`,
    `link set ${link} type bridge_slave hairpin on`,
  );
  const ipv6 = `fd00:10:244:1::${ip.split('.')[3]}`;
  await pod.ip(
    `address add ${ip}/24 dev eth0`,
    `address add ${ipv6}/64 dev eth0 nodad`,
    'link set eth0 up',
    'route add default via 10.244.1.1',
    'route add ::/0 via fd00:10:244:1::1',
  );
  await pod.node(SERVER, `${ip},${ipv6}`, '8080');
  return pod;
}
