import type { Container } from '@shiplog/contracts';
import { isSidecar } from '@shiplog/kube';
import { bytes } from '../../container/render/resources';
import type { Pod } from '../../domain/pod';

/**
 * The size of a volume in memory: what its author allows, but never more than the pod may use at all, and never more than the
 * node has (calculateEmptyDirMemorySize in pkg/volume/emptydir). A limit of nothing is none.
 */
export function memorySize(pod: Pod, sizeLimit: string | undefined, nodeMemoryBytes: bigint): number {
  const limits = [bytes(sizeLimit), podMemoryLimit(pod)].filter((limit) => limit > 0);
  return Math.min(Number(nodeMemoryBytes), ...limits);
}

/** How much memory a pod's containers may use together; 0 when one of them has no limit. */
function podMemoryLimit({ spec }: Pod): number {
  const { containers = [], initContainers = [] } = spec ?? {};
  const limitOf = ({ resources }: Container): number => bytes(resources?.limits?.memory);
  if ([...containers, ...initContainers].some((item) => limitOf(item) === 0)) return 0;
  let sidecars = 0;
  let starting = 0;
  for (const item of initContainers) {
    if (isSidecar(item)) sidecars += limitOf(item);
    starting = Math.max(starting, sidecars + (isSidecar(item) ? 0 : limitOf(item)));
  }
  return Math.max(starting, sidecars + containers.reduce((sum, item) => sum + limitOf(item), 0));
}
