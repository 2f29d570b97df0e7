import type { Container, ContainerStatus, ResourceRequirements } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { Pod } from '../../domain/pod';

/** What the containers of a pod may take, by their names. */
export type Allocation = ReadonlyMap<string, ResourceRequirements>;

const NOTHING: ResourceRequirements = {};

/** As the pod asks. */
export function askedBy({ spec }: Pod): Allocation {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return new Map(containers.map(({ name, resources = NOTHING }) => [name, resources]));
}

/** As an earlier kubelet has reported it; what it has not, as the pod asks. */
export function reportedBy(pod: Pod): Allocation {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const reported = [...containerStatuses, ...initContainerStatuses].flatMap(
    ({ name, resources }: ContainerStatus): [string, ResourceRequirements][] =>
      resources === undefined ? [] : [[name, resources]],
  );
  return new Map([...askedBy(pod), ...reported]);
}

/** The pod with other amounts for its containers; the same one where they are what it asks for. */
export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  const allocated = (container: Container): Container => {
    const resources = allocation.get(container.name);
    return resources === undefined || sameJson(resources, container.resources ?? NOTHING)
      ? container
      : { ...container, resources };
  };
  const { spec } = pod;
  if (spec === undefined || isAsAsked(pod, allocation)) return pod;
  const { containers, initContainers } = spec;
  const inits = initContainers === undefined ? {} : { initContainers: initContainers.map(allocated) };
  return { ...pod, spec: { ...spec, containers: containers.map(allocated), ...inits } };
}

/** Whether nothing of it is to be resized. */
export function isAsAsked(pod: Pod, allocation: Allocation): boolean {
  const asked = askedBy(pod);
  return [...allocation].every(([name, resources]) => sameJson(resources, asked.get(name) ?? resources));
}
