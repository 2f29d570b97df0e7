import { eventually, Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { BalancerLink, linkOf } from './balancer-link';

const SILENT = pino({ level: 'silent' });
const SERVER = `require('net').createServer((c) => c.end()).listen(8080, '::', () => console.log('up'))`;
const ADDRESS = '192.168.77.200';

/** Two nodes and somebody else on one link. */
describe('the link of load balancers’ addresses', () => {
  let fabric: Namespace;
  let client: Namespace;
  const nodes: Namespace[] = [];
  const links: BalancerLink[] = [];

  beforeAll(async () => {
    fabric = await Namespace.make('slb-fabric');
    await fabric.ip('link add br0 type bridge', 'link set br0 up');
    for (const n of [1, 2, 3]) nodes.push(await plugged(fabric, n));
    client = nodes.pop() as Namespace;
    for (const [n, node] of nodes.entries()) links.push(new BalancerLink(`n${n}`, node.network, SILENT));
  });
  afterAll(async () => {
    await Promise.all(links.map((link) => link.stop()));
    for (const namespace of [...nodes, client, fabric]) await namespace.remove();
  });

  /** Asks for the address, and answers the hardware address that the client has for it then. */
  async function heard(): Promise<string | undefined> {
    await client.run('arping', ['-q', '-c', '1', '-w', '2', '-I', 'eth0', ADDRESS]).catch(() => undefined);
    return known();
  }

  /** The hardware address that the client knows. */
  async function known(): Promise<string | undefined> {
    const printed = await client.run('ip', ['-j', 'neighbour', 'show', ADDRESS]);
    return (JSON.parse(printed) as { lladdr?: string }[])[0]?.lladdr;
  }

  it('has nobody answer for an address that no node announces', async () => {
    await Promise.all(links.map((link) => link.sync()));
    await expect(client.run('arping', ['-q', '-c', '1', '-w', '1', '-I', 'eth0', ADDRESS])).rejects.toThrow();
    expect(await nodes[0]?.run('ip', ['-br', 'link'])).not.toContain(linkOf('n0'));
  });

  it('has the node answer that announces it, and tells the neighbours at once when another one does', async () => {
    const [first, second] = [await macOf(nodes[0]), await macOf(nodes[1])];
    links[0]?.set('default/web', [ADDRESS]);
    await links[0]?.sync();
    await client.ip(`neighbour add ${ADDRESS} lladdr 02:00:00:00:00:01 dev eth0 nud stale`);
    await links[0]?.stop();
    links[1]?.set('default/web', [ADDRESS]);
    links[0]?.set('default/web', []);
    await Promise.all(links.map((link) => link.sync()));
    // Nobody has asked.
    await eventually(async () => (await known()) === second);
    links[0]?.set('default/web', [ADDRESS]);
    links[1]?.set('default/web', []);
    await Promise.all(links.map((link) => link.sync()));
    await eventually(async () => (await known()) === first);
    expect(links[0]?.detail()).toBe('1 addresses of load balancers announced');
  });

  it('has the node answer for addresses of IPv6, too', async () => {
    const ip = 'fd00:77::200';
    const connects = () =>
      client.run(process.execPath, [
        '-e',
        `require('net').connect(8080, '${ip}').on('connect', () => process.exit(0))`,
      ]);
    await nodes[1]?.node(SERVER);
    links[1]?.set('default/six', [ip]);
    await links[1]?.sync();
    await connects();
    links[1]?.set('default/six', []);
    await links[1]?.sync();
    expect(await nodes[1]?.run('ip', ['-6', 'neighbour', 'show', 'proxy'])).toBe('');
    expect(await nodes[1]?.run('ip', ['-br', 'link'])).not.toContain(linkOf('n1'));
  });

  it('is made again when it vanishes, by another process too, and is gone with the last address', async () => {
    const again = new BalancerLink('n0', nodes[0]!.network, SILENT);
    links.push(again);
    again.set('default/web', [ADDRESS]);
    await again.sync();
    await nodes[0]?.ip(`link delete ${linkOf('n0')}`);
    await again.verify();
    expect(await heard()).toBe(await macOf(nodes[0]));
    again.set('default/web', []);
    await again.sync();
    expect(await nodes[0]?.run('ip', ['-br', 'link'])).not.toContain(linkOf('n0'));
  });
});

async function plugged(fabric: Namespace, n: number): Promise<Namespace> {
  const node = await Namespace.make(`slb-n${n}`);
  await fabric.ip(`link add p${n} type veth peer name eth0 netns ${node.name}`, `link set p${n} master br0 up`);
  await node.ip(
    `address add 192.168.77.${n}/24 dev eth0`,
    `address add fd00:77::${n}/64 dev eth0 nodad`,
    'link set eth0 up',
  );
  await node.network.setting('/proc/sys/net/ipv6/conf/all/forwarding', '1');
  return node;
}

async function macOf(node: Namespace | undefined): Promise<string | undefined> {
  const printed = await node?.run('ip', ['-j', 'link', 'show', 'eth0']);
  return (JSON.parse(printed ?? '[]') as { address?: string }[])[0]?.address;
}
