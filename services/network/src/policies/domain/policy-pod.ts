import { MIRROR_ANNOTATION, type Container, type ExcerptOf } from '@shiplog/contracts';
import { canonicalIp, isIpv6, parseIp, portNumber } from '@shiplog/apimachinery';

/** Transport protocols that have ports, as nftables writes them. */
export type Protocol = 'tcp' | 'udp' | 'sctp';

/** A port of a pod that policies may name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** What of a pod network policies look at. */
export interface PolicyPod {
  /** As its node connects it. */
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether rules may choose it as a peer: not one that has ended, and not one of the host's network, which is its node. */
  readonly isPeer: boolean;
  /** IPv4, as the log has them; empty until the pod has started. */
  readonly addresses: readonly string[];
  /** The same of IPv6; not there where it has none. */
  readonly addressesV6?: readonly string[];
  readonly ports: readonly NamedPort[];
}

const ENDED = ['Succeeded', 'Failed'];
const NO_LABELS = {};

/** As static pods' uids are, and none of the API's: nobody can stand for another's pod. */
const STATIC_UID = /^[0-9a-f]{32}$/;

/** The uid by which a node connects a pod: of a mirror, that of its static pod. */
export function connectedUid({ uid = '', annotations }: ExcerptOf<'peers'>['metadata']): string {
  const mirrored = annotations?.[MIRROR_ANNOTATION];
  return mirrored !== undefined && STATIC_UID.test(mirrored) ? mirrored : uid;
}

/** Reads a pod; addresses and ports that are none are left out. */
export function policyPodOf({ metadata, spec, status }: ExcerptOf<'peers'>): PolicyPod {
  const { podIP, podIPs = [], phase = '' } = status ?? {};
  const all = [podIP, ...podIPs.map(({ ip }) => ip)].filter((ip) => ip !== undefined);
  const v6 = all.flatMap((ip) => (isIpv6(ip) ? (canonicalIp(ip) ?? []) : []));
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return {
    uid: connectedUid(metadata),
    name: metadata.name ?? '',
    namespace: metadata.namespace ?? '',
    labels: metadata.labels ?? NO_LABELS,
    isPeer: spec?.hostNetwork !== true && !ENDED.includes(phase),
    addresses: [...new Set(all.filter((ip) => parseIp(ip) !== undefined))],
    ...(v6.length === 0 ? {} : { addressesV6: [...new Set(v6)] }),
    ports: [...(spec?.containers ?? []), ...sidecars].flatMap(namedPorts),
  };
}

/** A policy's or a port's protocol; undefined for what is none. Absent means TCP. */
export function protocolOf(text = 'TCP'): Protocol | undefined {
  switch (text) {
    case 'TCP':
      return 'tcp';
    case 'UDP':
      return 'udp';
    case 'SCTP':
      return 'sctp';
    default:
      return undefined;
  }
}

function namedPorts({ ports = [] }: Pick<Container, 'ports'>): NamedPort[] {
  return ports.flatMap(({ name = '', containerPort, protocol: text }) => {
    const protocol = protocolOf(text);
    return name === '' || protocol === undefined || !isPort(containerPort)
      ? []
      : [{ name, protocol, port: containerPort }];
  });
}

/** Whether a value is a port: a whole number from 1 to 65535. */
export function isPort(value: unknown): value is number {
  return typeof value === 'number' && portNumber(value).length === 0;
}
