import type { HostNetwork } from './host-network';
import type { TableFamily } from './nft';

const PROGRAMS = { ip: 'iptables', ip6: 'ip6tables' } as const;

/**
 * A Docker engine that manages iptables drops whatever is forwarded and isn't its own, and no rule of another table can
 * undo a drop: what goes over a bridge of ours needs rules in that very chain. Where nothing drops, nothing is touched.
 * Answers the rules that were missing.
 */
export async function openForwarding(
  network: Pick<HostNetwork, 'run'>,
  bridge: string,
  family: TableFamily = 'ip',
): Promise<string[]> {
  const chain = await forwardChain(network, family);
  if (!chain.startsWith('-P FORWARD DROP')) return [];
  const missing = rulesOf(bridge).filter((rule) => !chain.includes(`-A FORWARD ${rule}\n`));
  for (const rule of missing) await network.run(PROGRAMS[family], ['-w', '-I', 'FORWARD', ...rule.split(' ')]);
  return missing;
}

/** Takes the rules out again. */
export async function closeForwarding(
  network: Pick<HostNetwork, 'run'>,
  bridge: string,
  family: TableFamily = 'ip',
): Promise<void> {
  const chain = await forwardChain(network, family);
  for (const rule of rulesOf(bridge).filter((own) => chain.includes(`-A FORWARD ${own}\n`))) {
    await network.run(PROGRAMS[family], ['-w', '-D', 'FORWARD', ...rule.split(' ')]);
  }
}

function rulesOf(bridge: string): string[] {
  return [`-i ${bridge} -j ACCEPT`, `-o ${bridge} -j ACCEPT`];
}

/** Nothing where there is no iptables, or none of its tables in the kernel: then it drops nothing either. */
async function forwardChain(network: Pick<HostNetwork, 'run'>, family: TableFamily): Promise<string> {
  return network.run(PROGRAMS[family], ['-w', '-S', 'FORWARD']).catch(() => '');
}

/**
 * Has the kernel forward IPv6. A host that forwards takes no advertisement of routers by itself any more, and would lose
 * the default route that it owes to one: the links that such routes lead over go on taking them. Throws ProgramError.
 */
export async function allowIpv6Forwarding(network: Pick<HostNetwork, 'script'>): Promise<void> {
  await network.script(FORWARD_IPV6);
}

const FORWARD_IPV6 = `
cd /proc/sys/net/ipv6/conf &&
if [ "$(cat all/forwarding)" != 1 ]; then
  ip -6 route show default proto ra | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' |
    while read -r link; do echo 2 > "$link/accept_ra"; done
  echo 1 > all/forwarding
fi`;
