import { podAmounts } from '@shiplog/admission';
import type { Pod } from '../../domain/pod';
import type { ContainerAmounts } from '../../runtime/runtime';
import { amountsOf } from './resources';

/**
 * What the containers of a pod may take together (ResourceConfigForPod of pkg/kubelet/cm): a limit holds for the whole only where
 * each of them has it, or the pod itself.
 */
export function renderPodAmounts({ spec = { containers: [] } }: Pod): ContainerAmounts {
  const requests = podAmounts(spec, 'requests').texts();
  const limits = podAmounts(spec, 'limits').texts();
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const limitOf = (kind: 'cpu' | 'memory'): string | undefined => {
    const isLimited = (resources?: { limits?: Readonly<Record<string, string>> }): boolean =>
      resources?.limits?.[kind] !== undefined;
    return isLimited(spec.resources) || all.every(({ resources }) => isLimited(resources)) ? limits[kind] : undefined;
  };
  return amountsOf(requests['cpu'], limitOf('cpu'), limitOf('memory'));
}
