import { FLANNEL_ANNOTATIONS as ANNOTATIONS } from '@shiplog/contracts';
import { VNI } from './names';
import type { Node } from './node';
import { isKey } from './wireguard';

/** What a node's end of the ways to others is known by, with each backend. */
export type OwnEnd =
  | { readonly backend: 'vxlan'; readonly mac: string }
  | { readonly backend: 'wireguard'; readonly publicKey: string }
  | { readonly backend: 'host-gw' };

/** The annotations with which a node tells the others where it is, in Flannel's form. */
export function ownAnnotations(end: OwnEnd, address: string): Record<string, string> {
  return {
    [ANNOTATIONS.data]: dataOf(end),
    [ANNOTATIONS.type]: end.backend,
    [ANNOTATIONS.manager]: 'true',
    [ANNOTATIONS.publicIp]: address,
  };
}

function dataOf(end: OwnEnd): string {
  switch (end.backend) {
    case 'vxlan':
      return JSON.stringify({ VNI, VtepMAC: end.mac });
    case 'wireguard':
      return JSON.stringify({ PublicKey: end.publicKey });
    case 'host-gw':
      return 'null';
  }
}

/** The annotations of a node that are not as they should be; undefined when all are. */
export function missingAnnotations(node: Node, wanted: Record<string, string>): Record<string, string> | undefined {
  const present = node.metadata.annotations ?? {};
  const missing = Object.entries(wanted).filter(([key, value]) => present[key] !== value);
  return missing.length === 0 ? undefined : Object.fromEntries(missing);
}

/** Where a node's tunnel ends: a MAC address in lower case; undefined when it has said none. */
export function vtepOf(node: Node): string | undefined {
  const annotations = node.metadata.annotations ?? {};
  if (annotations[ANNOTATIONS.type] !== 'vxlan') return undefined;
  // Written by others: anything but a MAC in it is none.
  return /"VtepMAC"\s*:\s*"((?:[0-9a-f]{2}:){5}[0-9a-f]{2})"/i
    .exec(annotations[ANNOTATIONS.data] ?? '')?.[1]
    ?.toLowerCase();
}

/** A node's key for WireGuard; undefined when it has said none. */
export function publicKeyOf(node: Node): string | undefined {
  const annotations = node.metadata.annotations ?? {};
  if (annotations[ANNOTATIONS.type] !== 'wireguard') return undefined;
  const key = /"PublicKey"\s*:\s*"([^"]{44})"/.exec(annotations[ANNOTATIONS.data] ?? '')?.[1];
  return key !== undefined && isKey(key) ? key : undefined;
}
