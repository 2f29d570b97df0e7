import { type Layout, type MinionLayout, UNDERLAY_PREFIX, UNDERLAY_PREFIX6 } from '../../layout';

/** Commands for `ip -batch`: the bridge that stands for the switch all minions are plugged into. */
export function bridgeCommands(layout: Layout): string[] {
  return [
    `addr replace ${layout.hostAddress}/${UNDERLAY_PREFIX} dev ${layout.bridge}`,
    ...address6(layout.underlay6?.hostAddress, layout.bridge),
    `link set ${layout.bridge} up`,
  ];
}

/** Addresses are the launcher's to give: nobody asks first whether another has them, which would take a second. */
function address6(address: string | undefined, device: string): string[] {
  return address === undefined ? [] : [`addr replace ${address}/${UNDERLAY_PREFIX6} dev ${device} nodad`];
}

/**
 * The hardware address of the one who has an IPv4 address on the underlay. It follows from that, so that neighbours which
 * remember it reach at once what was made again. Locally administered (IEEE 802: 02).
 */
export function hardwareAddress(address: string): string {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['02', '53', ...octets].join(':');
}

/** The host's end of a minion's veth pair. */
export function hostVethCommands(layout: Layout, minion: MinionLayout): string[] {
  return [`link set ${minion.veth} master ${layout.bridge}`, `link set ${minion.veth} up`];
}

/** Inside the minion: its address on the underlay, and the host as its way out. */
export function minionCommands(layout: Layout, minion: MinionLayout): string[] {
  return [
    'link set lo up',
    `addr replace ${minion.address}/${UNDERLAY_PREFIX} dev eth0`,
    ...address6(minion.address6, 'eth0'),
    'link set eth0 up',
    `route replace default via ${layout.hostAddress}`,
    ...serviceRoute6(layout),
  ];
}

/**
 * Where no route leads, a connection is refused before the proxy's rules send it to a pod. There is none to the rest of the world: this
 * machine may not forward IPv6, and who is told so at once goes on with IPv4.
 */
function serviceRoute6({ underlay6 }: Layout): string[] {
  return underlay6 === undefined ? [] : [`route replace ${underlay6.serviceCidr} via ${underlay6.hostAddress}`];
}

/** The host's rules: minions (and the pods behind them) reach the outside under the host's address. */
export function underlayRules(layout: Layout): string {
  return `
table ip ${layout.underlayTable}
delete table ip ${layout.underlayTable}
table ip ${layout.underlayTable} {
  chain outward {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${layout.underlayCidr} oifname != "${layout.bridge}" masquerade
  }
}
`;
}
