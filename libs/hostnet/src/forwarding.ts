import type { HostNetwork } from './host-network';

/**
 * A Docker engine that manages iptables drops whatever is forwarded and isn't its own, and no rule of another table can
 * undo a drop: what goes over a bridge of ours needs rules in that very chain. Where nothing drops, nothing is touched.
 * Answers the rules that were missing.
 */
export async function openForwarding(network: Pick<HostNetwork, 'run'>, bridge: string): Promise<string[]> {
  const chain = await forwardChain(network);
  if (!chain.startsWith('-P FORWARD DROP')) return [];
  const missing = rulesOf(bridge).filter((rule) => !chain.includes(`-A FORWARD ${rule}\n`));
  for (const rule of missing) await network.run('iptables', ['-w', '-I', 'FORWARD', ...rule.split(' ')]);
  return missing;
}

/** Takes the rules out again. */
export async function closeForwarding(network: Pick<HostNetwork, 'run'>, bridge: string): Promise<void> {
  const chain = await forwardChain(network);
  for (const rule of rulesOf(bridge).filter((own) => chain.includes(`-A FORWARD ${own}\n`))) {
    await network.run('iptables', ['-w', '-D', 'FORWARD', ...rule.split(' ')]);
  }
}

function rulesOf(bridge: string): string[] {
  return [`-i ${bridge} -j ACCEPT`, `-o ${bridge} -j ACCEPT`];
}

/** Nothing where there is no iptables, or none of its tables in the kernel: then it drops nothing either. */
async function forwardChain(network: Pick<HostNetwork, 'run'>): Promise<string> {
  return network.run('iptables', ['-w', '-S', 'FORWARD']).catch(() => '');
}
