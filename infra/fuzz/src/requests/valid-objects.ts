import { RESOURCES, storedApiVersion, type BuiltIn } from '@shiplog/contracts';
import fc from 'fast-check';
import { anyObject } from '../../../../libs/apimachinery/src/testing/any-object';
import { bytesField, message, textField } from '../../../../libs/representation/src/openapi/wire';
import type { Random } from '../../../linearizability/src/random';

export type Row = (typeof RESOURCES)[number];
export interface SomeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const CONTAINERS = [
  { name: 'c', image: 'busybox:1.36', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] },
];

/** What a careful client writes, of the kinds that have more than metadata. */
const CONTENTS: Partial<Record<BuiltIn, object>> = {
  pods: { spec: { containers: CONTAINERS, terminationGracePeriodSeconds: 1 } },
  replicationcontrollers: {
    spec: { replicas: 0, selector: { app: 'a' }, template: { metadata: { labels: { app: 'a' } }, spec: { containers: CONTAINERS } } },
  },
  services: { spec: { selector: { app: 'a' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] } },
  endpoints: { subsets: [{ addresses: [{ ip: '10.9.0.1' }], ports: [{ port: 80 }] }] },
  configmaps: { data: { a: '1', 'b.c': 'text' }, binaryData: { d: 'eA==' } },
  secrets: { type: 'Opaque', data: { a: 'eA==' } },
  'endpointslices.discovery.k8s.io': { addressType: 'IPv4', endpoints: [{ addresses: ['10.9.0.2'] }], ports: [{ port: 80 }] },
  'leases.coordination.k8s.io': { spec: { holderIdentity: 'me', leaseDurationSeconds: 10 } },
}; // prettier-ignore

/** Kinds that are written: nodes and namespaces have effects of their own that outlast a run, and events are not kept. */
export const WRITTEN = RESOURCES.filter(
  ({ id, versions: [{ served }] }) => served && !['namespaces', 'nodes', 'events'].includes(id),
);

/** An object of a resource: half the time as a careful client writes it, else well-typed and full of odd values. */
export function someObject(row: Row, name: string, random: Random): SomeObject {
  const metadata = { name, labels: { fuzz: 'yes' }, annotations: { note: 'x' } };
  const frame = { apiVersion: storedApiVersion(row), kind: row.kind, metadata };
  if (random.chance(0.5)) return { ...frame, ...CONTENTS[row.id] };
  const [content = {}] = fc.sample(anyObject(row.id), { numRuns: 1, seed: random.between(0, 2 ** 31) });
  return { ...frame, ...content, ...{ metadata } };
}

/** A ConfigMap as client-go sends it in protobuf. */
export function protobufConfigMap(name: string): Buffer {
  const type = message(textField(1, 'v1'), textField(2, 'ConfigMap'));
  const entry = message(textField(1, 'a'), textField(2, '1'));
  const raw = message(bytesField(1, message(textField(1, name))), bytesField(2, entry));
  return Buffer.from(message(Uint8Array.from([0x6b, 0x38, 0x73, 0]), bytesField(1, type), bytesField(2, raw)));
}
