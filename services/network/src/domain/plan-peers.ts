import type { Node } from '@shiplog/contracts';
import { parseCidr } from '@shiplog/machinery';
import { VNI } from './names';

export const ANNOTATIONS = {
  data: 'flannel.alpha.coreos.com/backend-data',
  type: 'flannel.alpha.coreos.com/backend-type',
  manager: 'flannel.alpha.coreos.com/kube-subnet-manager',
  publicIp: 'flannel.alpha.coreos.com/public-ip',
} as const;

export type Backend = 'vxlan' | 'host-gw';

/** Another node, as far as packets to its pods are concerned. */
export interface Peer {
  readonly name: string;
  readonly podCidr: string;
  /** Where its packets are sent to. */
  readonly address: string;
  /** Its end of the tunnel; undefined while it has said none. */
  readonly vtep: string | undefined;
}

/** The nodes besides `self` that have pod addresses and say where they are. */
export function planPeers(nodes: readonly Node[], self: string): Peer[] {
  return nodes
    .filter((node) => node.metadata.name !== self)
    .flatMap((node): Peer[] => {
      const podCidr = node.spec?.podCIDR ?? '';
      const address = node.metadata.annotations?.[ANNOTATIONS.publicIp] ?? internalIp(node);
      if (parseCidr(podCidr) === undefined || address === undefined) return [];
      return [{ name: node.metadata.name ?? '', podCidr, address, vtep: vtepOf(node) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The first address of the node that other nodes reach. */
export function internalIp(node: Node): string | undefined {
  return node.status?.addresses?.find((one) => one.type === 'InternalIP')?.address;
}

/** The annotations with which a node tells the others where it is, in Flannel's form. */
export function ownAnnotations(backend: Backend, address: string, mac: string): Record<string, string> {
  return {
    [ANNOTATIONS.data]: backend === 'vxlan' ? JSON.stringify({ VNI, VtepMAC: mac }) : 'null',
    [ANNOTATIONS.type]: backend,
    [ANNOTATIONS.manager]: 'true',
    [ANNOTATIONS.publicIp]: address,
  };
}

/** The annotations of a node that are not as they should be; undefined when all are. */
export function missingAnnotations(node: Node, wanted: Record<string, string>): Record<string, string> | undefined {
  const present = node.metadata.annotations ?? {};
  const missing = Object.entries(wanted).filter(([key, value]) => present[key] !== value);
  return missing.length === 0 ? undefined : Object.fromEntries(missing);
}

function vtepOf(node: Node): string | undefined {
  const annotations = node.metadata.annotations ?? {};
  if (annotations[ANNOTATIONS.type] !== 'vxlan') return undefined;
  // Written by others: anything but a MAC in it is none.
  return /"VtepMAC"\s*:\s*"((?:[0-9a-f]{2}:){5}[0-9a-f]{2})"/i
    .exec(annotations[ANNOTATIONS.data] ?? '')?.[1]
    ?.toLowerCase();
}
