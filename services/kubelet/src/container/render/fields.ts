import { milliOf } from '@shiplog/apimachinery';
import type { Container, ObjectFieldSelector, ResourceFieldSelector } from '@shiplog/contracts';
import type { Pod } from '../../domain/pod';
import { ContainerConfigError } from '../start-failure';

/** What of the node a pod may be told. */
export interface NodeFacts {
  readonly name: string;
  /** Its addresses, the primary one first. */
  readonly ips: readonly string[];
  /** Millicores: a container without a limit may use them all. */
  readonly allocatableCpuMilli: bigint;
  readonly allocatableMemoryBytes: bigint;
  readonly allocatableStorageBytes: bigint;
}

/** `metadata.labels['app']`: which map, which key. */
const SUBSCRIPTED = /^metadata\.(labels|annotations)\['([^']*)'\]$/;

/** A field of the pod as the downward API shows it. Throws ContainerConfigError for a field that it doesn't have. */
export function renderField(
  pod: Pod,
  selector: ObjectFieldSelector,
  node: NodeFacts,
  podIPs: readonly string[],
): string {
  const { metadata, spec } = pod;
  const path = selector.fieldPath;
  const keyed = SUBSCRIPTED.exec(path);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return renderMap(metadata.labels);
    case 'metadata.annotations':
      return renderMap(metadata.annotations);
    case 'spec.nodeName':
      return node.name;
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? 'default';
    case 'status.hostIP':
      return node.ips[0] ?? '';
    case 'status.hostIPs':
      return node.ips.join(',');
    case 'status.podIP':
      return podIPs[0] ?? '';
    case 'status.podIPs':
      return podIPs.join(',');
    default:
      throw new ContainerConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** `key="value"` in lines, sorted, as files of the downward API have it. */
function renderMap(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
}

/** An amount that a container asked for or is limited to, in units of the divisor, rounded up. */
export function renderResource(
  pod: Pod,
  own: Container | undefined,
  selector: ResourceFieldSelector,
  node: NodeFacts,
): string {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const named = [...containers, ...initContainers].find((item) => item.name === selector.containerName);
  const container = selector.containerName === undefined || selector.containerName === '' ? own : named;
  if (container === undefined) throw new ContainerConfigError(`container ${selector.containerName} not found`);
  const [kind, resource] = selector.resource.split('.', 2) as [string, string | undefined];
  if ((kind !== 'limits' && kind !== 'requests') || resource === undefined) {
    throw new ContainerConfigError(`unsupported container resource : ${selector.resource}`);
  }
  const milli = amountOf(container, kind, resource, node);
  const given = selector.divisor === undefined || selector.divisor === '0' ? 1_000n : milliOf(selector.divisor);
  const divisor = given === 0n ? 1_000n : given;
  return String((milli + divisor - 1n) / divisor);
}

/** In thousandths, so that CPU and bytes are told alike. */
function amountOf(container: Container, kind: 'limits' | 'requests', resource: string, node: NodeFacts): bigint {
  const asked = container.resources?.[kind]?.[resource];
  if (asked !== undefined) return milliOf(asked);
  if (kind === 'requests') return 0n;
  switch (resource) {
    case 'cpu':
      return node.allocatableCpuMilli;
    case 'memory':
      return node.allocatableMemoryBytes * 1_000n;
    case 'ephemeral-storage':
      return node.allocatableStorageBytes * 1_000n;
    default:
      return 0n;
  }
}
