import type { IpFamily } from '@shiplog/apimachinery';
import type { HostNetwork } from '@shiplog/hostnet';
import { WORDS } from './domain/family';

/** Why nftables can't be used here for a family; undefined when it can: right, program and kernel are there. */
export async function whyNoNftables(network: HostNetwork, family: IpFamily = 'IPv4'): Promise<string | undefined> {
  try {
    await network.run('nft', ['--check', '-f', '-'], renderCheck(family));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Only looked at by the kernel, never committed: a map, a hook of each kind and the statements that the rules need. */
function renderCheck(family: IpFamily): string {
  const { table, address } = WORDS[family];
  const probe = `${table} shiplog_probe`;
  return `
add table ${probe}
add map ${probe} m { type ${address} . inet_proto . inet_service : ${address} . inet_service ; }
add chain ${probe} n { type nat hook prerouting priority -100 ; }
add rule ${probe} n fib daddr type local dnat ${table} to ${table} daddr . meta l4proto . th dport map @m
add chain ${probe} p { type nat hook postrouting priority 100 ; }
add rule ${probe} p ct status dnat masquerade fully-random
add chain ${probe} f { type filter hook forward priority -10 ; }
add rule ${probe} f ct state new meta l4proto tcp reject with tcp reset
`;
}
