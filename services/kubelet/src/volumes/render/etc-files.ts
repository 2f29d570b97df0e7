import type { Pod } from '../../domain/pod';

/** Docker and the kernel take host names of at most 64 characters, Kubernetes gives 63. */
const LONGEST_HOSTNAME = 63;

export function hostnameOf(pod: Pod): string {
  const { hostname } = pod.spec ?? {};
  if (hostname !== undefined && hostname !== '') return hostname;
  return pod.metadata.name.slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '');
}

const LONGEST_FQDN = 64;

/**
 * The host name that the kernel has for a pod: with its domain, where the pod wants that (GetNodenameForKernel in
 * pkg/kubelet/util). Throws an Error for one that is too long.
 */
export function kernelHostnameOf(pod: Pod, clusterDomain: string): string {
  const hostname = hostnameOf(pod);
  const domain = domainOf(pod, clusterDomain);
  if (pod.spec?.setHostnameAsFQDN !== true || domain === undefined) return hostname;
  const fqdn = `${hostname}.${domain}`;
  if (fqdn.length <= LONGEST_FQDN) return fqdn;
  const limit = `${LONGEST_FQDN} characters is the max, ${fqdn.length} characters requested`;
  throw new Error(`failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${limit})`);
}

function domainOf({ metadata, spec }: Pod, clusterDomain: string): string | undefined {
  const subdomain = spec?.subdomain ?? '';
  return subdomain === '' ? undefined : `${subdomain}.${metadata.namespace}.svc.${clusterDomain}`;
}

const LOOPBACK = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

/** /etc/hosts of a pod: itself, and what it asks for in hostAliases. A host-network pod adds to the node's own. */
export function renderHosts(pod: Pod, podIPs: readonly string[], nodeHosts: string, clusterDomain: string): string {
  const { hostNetwork, hostAliases = [] } = pod.spec ?? {};
  const hostname = hostnameOf(pod);
  const domain = domainOf(pod, clusterDomain);
  const names = domain === undefined ? hostname : `${hostname}.${domain}\t${hostname}`;
  const own = podIPs.map((ip) => `${ip}\t${names}`);
  const base =
    hostNetwork === true
      ? ['# Kubernetes-managed hosts file (host network).', nodeHosts.trimEnd()]
      : ['# Kubernetes-managed hosts file.', ...LOOPBACK, ...own];
  const aliases = hostAliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`);
  const extra = aliases.length === 0 ? [] : ['', '# Entries added by HostAliases.', ...aliases];
  return `${[...base, ...extra].join('\n')}\n`;
}
