import { FLANNEL_ANNOTATIONS as ANNOTATIONS } from '@shiplog/contracts';
import { VNI } from './names';
import type { Node } from './node';
import type { Backend } from './peers';

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

/** Where a node's tunnel ends: a MAC address in lower case; undefined when it has said none. */
export function vtepOf(node: Node): string | undefined {
  const annotations = node.metadata.annotations ?? {};
  if (annotations[ANNOTATIONS.type] !== 'vxlan') return undefined;
  // Written by others: anything but a MAC in it is none.
  return /"VtepMAC"\s*:\s*"((?:[0-9a-f]{2}:){5}[0-9a-f]{2})"/i
    .exec(annotations[ANNOTATIONS.data] ?? '')?.[1]
    ?.toLowerCase();
}
