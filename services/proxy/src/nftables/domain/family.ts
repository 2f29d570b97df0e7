import type { IpFamily } from '@shiplog/apimachinery';
import type { TableFamily } from '@shiplog/hostnet';

/** What nft calls what differs between the families. */
interface FamilyWords {
  /** Of a table, and of the header that addresses stand in. */
  readonly table: TableFamily;
  readonly address: 'ipv4_addr' | 'ipv6_addr';
  readonly unreachable: string;
}

/**
 * Each family has a table of its own, alike but for these words. One table of both (`inet`) would need two maps of
 * everything all the same, and nodes without IPv6 would have rules for it.
 */
export const WORDS: Readonly<Record<IpFamily, FamilyWords>> = {
  IPv4: { table: 'ip', address: 'ipv4_addr', unreachable: 'icmp port-unreachable' },
  IPv6: { table: 'ip6', address: 'ipv6_addr', unreachable: 'icmpv6 port-unreachable' },
};
