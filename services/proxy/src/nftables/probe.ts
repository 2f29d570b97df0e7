import type { HostNetwork } from '@shiplog/hostnet';

/** Why nftables can't be used here; undefined when it can: right, program and kernel are there. */
export async function whyNoNftables(network: HostNetwork): Promise<string | undefined> {
  try {
    await network.run('nft', ['--check', '-f', '-'], CHECK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Only looked at by the kernel, never committed: a map, a hook of each kind and the statements that the rules need. */
const CHECK = `
add table ip shiplog_probe
add map ip shiplog_probe m { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service ; }
add chain ip shiplog_probe n { type nat hook prerouting priority -100 ; }
add rule ip shiplog_probe n fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @m
add chain ip shiplog_probe p { type nat hook postrouting priority 100 ; }
add rule ip shiplog_probe p ct status dnat masquerade fully-random
add chain ip shiplog_probe f { type filter hook forward priority -10 ; }
add rule ip shiplog_probe f ct state new meta l4proto tcp reject with tcp reset
`;
