import type { Container, PodSpec, PodStatus } from '@shiplog/contracts';
import { amountsOf, atLeast, NOTHING, plus, type Amounts } from './amounts';

/**
 * What a pod asks of its node: its containers together or, when that is more, the init container that asks most, plus
 * the overhead. A sidecar (init container with restartPolicy Always) runs on, so it counts with the containers and with
 * every init container after it. Requests for the pod as a whole take the place of the containers' for what they name.
 */
export function podRequests(spec: PodSpec, given: GivenAmounts = NONE_GIVEN): Amounts {
  return sumOf(spec, (container) =>
    atLeast(amountsOf(container.resources?.requests), given.get(container.name) ?? NOTHING),
  );
}

/** What containers have of their node, by name, where that may be more than they ask for. */
export type GivenAmounts = ReadonlyMap<string, Amounts>;
const NONE_GIVEN: GivenAmounts = new Map();

/**
 * What the containers of a pod have while they are resized: until its node has taken from them what they don't ask for any more,
 * that is missing there; and what it can't give, they don't take (determineContainerReqs of component-helpers/resource).
 */
export function givenAmounts({ containerStatuses, initContainerStatuses }: PodStatus = {}): GivenAmounts {
  const given = new Map<string, Amounts>();
  for (const { name, resources, allocatedResources } of [
    ...(containerStatuses ?? []),
    ...(initContainerStatuses ?? []),
  ]) {
    if (resources?.requests === undefined && allocatedResources === undefined) continue;
    given.set(name, atLeast(amountsOf(resources?.requests), amountsOf(allocatedResources)));
  }
  return given;
}

/** What containers are taken to use when they ask for nothing: 0.1 core, 200 MiB, as Kubernetes has it for scores. */
const USUAL: Amounts = new Map([
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024],
]);

/** As `podRequests`, for rating nodes only: pods that ask for nothing should spread too. */
export function likelyUse(spec: PodSpec): { cpu: number; memory: number } {
  const use = sumOf(spec, (container) => new Map([...USUAL, ...explicit(container)]));
  return { cpu: use.get('cpu') ?? 0, memory: use.get('memory') ?? 0 };
}

/** A request of zero is a request: such a container is not taken to use the usual. */
function explicit(container: Container): [string, number][] {
  const requests = container.resources?.requests ?? {};
  const amounts = amountsOf(requests);
  return ['cpu', 'memory'].filter((name) => name in requests).map((name) => [name, amounts.get(name) ?? 0]);
}

function sumOf(spec: PodSpec, requestsOf: (container: Container) => Amounts): Amounts {
  let running = spec.containers.map(requestsOf).reduce(plus, NOTHING);
  let starting = NOTHING;
  let sidecars = NOTHING;
  for (const container of spec.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      sidecars = plus(sidecars, requests);
      running = plus(running, requests);
      starting = atLeast(starting, sidecars);
    } else {
      starting = atLeast(starting, plus(sidecars, requests));
    }
  }
  let asked = atLeast(running, starting);
  if (spec.resources?.requests !== undefined) asked = new Map([...asked, ...amountsOf(spec.resources.requests)]);
  return plus(asked, amountsOf(spec.overhead));
}
