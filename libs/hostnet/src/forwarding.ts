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
 * Has the kernel forward IPv6. A router takes no routes from others' advertisements (RFC 4861, 6.2.7): links that did so
 * until now are told to go on (2), or the machine loses its way out. Throws ProgramError.
 */
export async function allowIpv6Forwarding(network: Pick<HostNetwork, 'script'>): Promise<void> {
  await network.script(FORWARD_IPV6);
}

/** By cat: a shell that reads byte after byte finds the end of such a file after the first. */
const FORWARD_IPV6 = `(
cd /proc/sys/net/ipv6/conf || exit
[ "$(cat all/forwarding)" = 1 ] && exit
for file in */accept_ra; do
  case "$file" in all/*|default/*) continue ;; esac
  [ "$(cat "$file")" = 1 ] && echo 2 > "$file"
done
echo 1 > all/forwarding
)`;
