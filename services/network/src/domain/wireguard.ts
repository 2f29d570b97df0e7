/** What `wg` shows of a WireGuard interface. Keys are of Curve25519, in base64. */
export interface ObservedWireguard {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly port: number;
  readonly peers: readonly WireguardPeer[];
}

/** Another node: whose key it is, where its packets go to, and whose packets it may send. */
export interface WireguardPeer {
  readonly publicKey: string;
  readonly endpoint: string;
  /** Networks, with commas between. */
  readonly allowed: string;
}

export interface WantedWireguard {
  readonly name: string;
  readonly mtu: number;
  readonly port: number;
  /** The node's own address in the tunnel: the first of its pod network, which no pod has. */
  readonly address: string;
  /** The same of IPv6, in a dual-stack cluster. */
  readonly addressV6?: string | undefined;
  readonly peers: readonly WireguardPeer[];
}

/** 32 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Whether a text, such as another node writes, is a key. */
export function isKey(text: string): boolean {
  return KEY.test(text);
}

/** Reads `wg show <interface> dump`: the interface's line, then one for each peer. */
export function readDump(dump: string): ObservedWireguard {
  const [[privateKey = '', publicKey = '', port = '0'] = [], ...peers] = dump
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  return {
    privateKey: isKey(privateKey) ? privateKey : '',
    publicKey,
    port: Number(port),
    peers: peers.map(([key = '', , endpoint = '', allowed = '']) => ({ publicKey: key, endpoint, allowed })),
  };
}

/** What `wg syncconf` makes of an interface; undefined when it is so already. It disturbs no peer that stays. */
export function planConfiguration(
  wanted: WantedWireguard,
  privateKey: string,
  observed: ObservedWireguard | undefined,
): string | undefined {
  if (observed !== undefined && isConfigured(wanted, privateKey, observed)) return undefined;
  const peers = wanted.peers.map(
    ({ publicKey, endpoint, allowed }) =>
      `[Peer]\nPublicKey = ${publicKey}\nEndpoint = ${endpoint}\nAllowedIPs = ${allowed}\n`,
  );
  return [`[Interface]\nPrivateKey = ${privateKey}\nListenPort = ${wanted.port}\n`, ...peers].join('');
}

function isConfigured(wanted: WantedWireguard, privateKey: string, observed: ObservedWireguard): boolean {
  const textOf = (peers: readonly WireguardPeer[]): string =>
    peers
      .map(({ publicKey, endpoint, allowed }) => `${publicKey} ${endpoint} ${allowed.split(',').sort().join()}`)
      .sort()
      .join('\n');
  return (
    observed.privateKey === privateKey &&
    observed.port === wanted.port &&
    textOf(observed.peers) === textOf(wanted.peers)
  );
}
