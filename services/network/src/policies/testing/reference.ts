import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '@shiplog/contracts';
import { cidrContains, matchesLabelSelector, parseCidr, parseIp } from '@shiplog/apimachinery';
import type { PolicyPod } from '../domain/policy-pod';
import type { Packet } from './tracer';

/** A cluster as the reference looks at it: nothing is kept, everything is looked up anew for each packet. */
export interface PolicyWorld {
  readonly policies: readonly NetworkPolicy[];
  /** With the addresses that they have. */
  readonly pods: readonly PolicyPod[];
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Addresses of pods of this node: only those are isolated here. */
  readonly local: ReadonlySet<string>;
}

/** Whether a packet is let through, read straight off the definition of network policies. */
export function isAllowed(world: PolicyWorld, packet: Packet): boolean {
  if (packet.saddr === packet.daddr) return true;
  return isAllowedAt(world, packet, 'Egress') && isAllowedAt(world, packet, 'Ingress');
}

function isAllowedAt(world: PolicyWorld, packet: Packet, type: 'Ingress' | 'Egress'): boolean {
  const [own, peer] = type === 'Ingress' ? [packet.daddr, packet.saddr] : [packet.saddr, packet.daddr];
  if (!world.local.has(own)) return true;
  const pod = world.pods.find(({ addresses }) => addresses.includes(own));
  if (pod === undefined) return true;
  const isolating = world.policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      matchesLabelSelector(spec?.podSelector ?? {}, pod.labels) &&
      (spec?.policyTypes ?? ['Ingress', ...((spec?.egress ?? []).length > 0 ? ['Egress'] : [])]).includes(type),
  );
  if (isolating.length === 0) return true;
  return isolating.some(({ metadata, spec }) => {
    const rules =
      type === 'Ingress'
        ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.some(
      ({ peers = [], ports = [] }) =>
        (peers.length === 0 || peers.some((item) => isPeer(world, item, metadata.namespace ?? '', peer))) &&
        (ports.length === 0 || ports.some((port) => isPort(world, port, packet))),
    );
  });
}

function isPeer(world: PolicyWorld, peer: NetworkPolicyPeer, namespace: string, address: string): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock !== undefined) {
    const lies = (text: string): boolean => {
      const cidr = parseCidr(text);
      return cidr !== undefined && cidrContains(cidr, parseIp(address) ?? -1);
    };
    return lies(ipBlock.cidr) && !(ipBlock.except ?? []).some(lies);
  }
  return world.pods.some((pod) => {
    if (!pod.isPeer || !pod.addresses.includes(address)) return false;
    const labels = world.namespaces.get(pod.namespace);
    const isThere =
      namespaceSelector === undefined
        ? pod.namespace === namespace
        : labels !== undefined && matchesLabelSelector(namespaceSelector, labels);
    return isThere && matchesLabelSelector(podSelector ?? {}, pod.labels);
  });
}

function isPort(world: PolicyWorld, { port, endPort, protocol = 'TCP' }: NetworkPolicyPort, packet: Packet): boolean {
  if (packet.protocol !== protocol.toLowerCase()) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return packet.dport >= port && packet.dport <= (endPort ?? port);
  return world.pods.some(
    (pod) =>
      pod.isPeer &&
      pod.addresses.includes(packet.daddr) &&
      pod.ports.some((item) => item.name === port && item.protocol === packet.protocol && item.port === packet.dport),
  );
}
