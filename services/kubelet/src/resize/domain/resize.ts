import type { Container, ResourceRequirements } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { renderAmounts } from '../../container/render/resources';

/** What has to be done so that a container that runs has what it is to have. */
export type ContainerResize = 'none' | 'in-place' | 'restart';

/** @param given what it has; undefined: nobody knows, and so nothing is done */
export function resizeOf(container: Container, given: ResourceRequirements | undefined): ContainerResize {
  if (given === undefined || sameJson(given, container.resources ?? {})) return 'none';
  const [has, wants] = [renderAmounts({ ...container, resources: given }), renderAmounts(container)];
  const isCpu = has.cpuShares !== wants.cpuShares || has.cpuQuota !== wants.cpuQuota;
  const changed = [...(isCpu ? ['cpu'] : []), ...(has.memoryBytes !== wants.memoryBytes ? ['memory'] : [])];
  const restarts = (container.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changed.includes(resourceName),
  );
  return restarts ? 'restart' : 'in-place';
}
