import type { Pod } from '../../domain/pod';

/** How pods look names up: of the cluster, and else as their node does. */
export interface NodeDns {
  /** Addresses of the cluster's DNS; none: the cluster has none that this node knows of. */
  readonly clusterDns: readonly string[];
  /** `cluster.local`. */
  readonly clusterDomain: string;
  /** The node's own resolv.conf, with servers that pods can reach. */
  readonly resolvConf: string;
}

/** A pod's resolv.conf, and what of its wishes could not be met: a warning event each. */
export interface RenderedResolvConf {
  readonly text: string;
  readonly warnings: readonly { readonly reason: 'MissingClusterDNS' | 'DNSConfigForming'; readonly message: string }[];
}

/** As resolvers take them: MaxDNSNameservers, MaxDNSSearchPaths and MaxDNSSearchListChars of pkg/apis/core/validation. */
const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;
const MOST_SEARCH_CHARACTERS = 2_048;

interface ResolvConf {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

type Warning = RenderedResolvConf['warnings'][number];

/** /etc/resolv.conf of a pod, by its dnsPolicy and dnsConfig (GetPodDNS in pkg/kubelet/network/dns). */
export function renderResolvConf(pod: Pod, node: NodeDns): RenderedResolvConf {
  const warnings: Warning[] = [];
  const base = baseOf(pod, node, warnings);
  const { nameservers = [], searches = [], options = [] } = pod.spec?.dnsConfig ?? {};
  const servers = fitting(unique([...base.servers, ...nameservers]), warnings);
  const paths = fittingSearches(unique([...base.searches, ...searches]), warnings);
  const merged = mergedOptions(base.options, options);
  const text = [
    ...(paths.length === 0 ? [] : [`search ${paths.join(' ')}`]),
    ...servers.map((item) => `nameserver ${item}`),
    ...(merged.length === 0 ? [] : [`options ${merged.join(' ')}`]),
    '',
  ].join('\n');
  return { text, warnings };
}

function baseOf({ metadata, spec }: Pod, node: NodeDns, warnings: Warning[]): ResolvConf {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false } = spec ?? {};
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] };
  const own = parseResolvConf(node.resolvConf);
  const isOfCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (!isOfCluster) return own;
  const { clusterDns, clusterDomain } = node;
  if (clusterDns.length === 0) {
    const name = `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid})`;
    const message = `pod: "${name}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "${dnsPolicy}" policy. Falling back to "Default" policy.`;
    warnings.push({ reason: 'MissingClusterDNS', message });
    return own;
  }
  const services = `svc.${clusterDomain}`;
  const searches = [`${metadata.namespace ?? ''}.${services}`, services, clusterDomain, ...own.searches];
  return { servers: clusterDns, searches, options: ['ndots:5'] };
}

/** A pod's own value of an option replaces that of its policy. */
function mergedOptions(
  base: readonly string[],
  own: readonly { readonly name?: string; readonly value?: string }[],
): string[] {
  const values = new Map<string, string>();
  for (const option of base) values.set(option.split(':', 1)[0] ?? '', option);
  for (const { name = '', value } of own)
    values.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
  return [...values.values()];
}

function fitting(servers: readonly string[], warnings: Warning[]): readonly string[] {
  if (servers.length <= MOST_SERVERS) return servers;
  const applied = servers.slice(0, MOST_SERVERS);
  const message = `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${applied.join(' ')}`;
  warnings.push({ reason: 'DNSConfigForming', message });
  return applied;
}

function fittingSearches(searches: readonly string[], warnings: Warning[]): readonly string[] {
  const applied: string[] = [];
  let characters = -1;
  for (const search of searches.slice(0, MOST_SEARCHES)) {
    characters += 1 + search.length;
    if (characters > MOST_SEARCH_CHARACTERS) break;
    applied.push(search);
  }
  if (applied.length === searches.length) return searches;
  const message = `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${applied.join(' ')}`;
  warnings.push({ reason: 'DNSConfigForming', message });
  return applied;
}

function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  const options: string[] = [];
  let searches: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    // The last such line counts; the root as a search path is no use, and some resolvers stumble over it.
    if (keyword === 'search') searches = values.filter((value) => value !== '.');
    if (keyword === 'options') options.push(...values);
  }
  return { servers, searches, options };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
