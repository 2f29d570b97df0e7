import { isIp } from '@shiplog/apimachinery';

/** A server of names elsewhere. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** Which servers know names outside the cluster. */
export interface Upstreams {
  /** In the order in which they are tried. */
  readonly others: readonly Upstream[];
  /** Domains that have servers of their own, in lower case. */
  readonly stubs: ReadonlyMap<string, readonly Upstream[]>;
}

const DNS_PORT = 53;

/** The servers of a resolv.conf, without those that are this server itself: it would ask itself for ever. */
export function upstreamsOf(resolvConf: string, own: readonly string[]): Upstream[] {
  const servers: Upstream[] = [];
  for (const line of resolvConf.split('\n')) {
    const [keyword, address = ''] = line.trim().split(/\s+/);
    if (keyword !== 'nameserver' || !isIp(address) || own.includes(address)) continue;
    servers.push({ address, port: DNS_PORT });
  }
  return servers;
}

const ITEM = /^([^=,;]+)=([^=;]+)$/;

/**
 * Stub domains as they are given: `corp.example=10.1.0.5,10.1.0.6:5353;lab=10.2.0.1`. Throws an Error that says which part is
 * wrong.
 */
export function parseStubDomains(text: string): Map<string, readonly Upstream[]> {
  const stubs = new Map<string, readonly Upstream[]>();
  for (const item of text.split(';').filter((part) => part !== '')) {
    const [, domain, servers] = ITEM.exec(item) ?? [];
    if (domain === undefined || servers === undefined) throw new Error(`"${item}": must be domain=address[,address]`);
    stubs.set(domain.toLowerCase().replace(/\.$/, ''), servers.split(',').map(parseUpstream));
  }
  return stubs;
}

/** `10.1.0.5`, `10.1.0.5:5353`, `fd00::1` or `[fd00::1]:5353`. Throws an Error for anything else. */
export function parseUpstream(text: string): Upstream {
  if (isIp(text)) return { address: text, port: DNS_PORT };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  if (!isIp(address) || Number(port) > 65_535) throw new Error(`"${text}": must be an address, with a port or without`);
  return { address, port: Number(port) };
}

/** Who is asked for a name: those of the longest domain that it is in. */
export function serversFor(name: string, { others, stubs }: Upstreams): readonly Upstream[] {
  for (let rest = name; ;) {
    const stub = stubs.get(rest);
    if (stub !== undefined) return stub;
    const dot = rest.indexOf('.');
    if (dot < 0) return others;
    rest = rest.slice(dot + 1);
  }
}
