import type { Container, Pod } from '@shiplog/contracts';

/** Whether an update of a pod may change what it does: its images, or its containers. */
export function isSignificant({ spec }: Pod, { spec: before }: Pod): boolean {
  if (spec === before) return false;
  return (['containers', 'initContainers', 'ephemeralContainers'] as const).some((list) => {
    const then = new Map((before?.[list] ?? []).map((container: Container) => [container.name, container.image]));
    const now: readonly Container[] = spec?.[list] ?? [];
    return now.length !== then.size || now.some(({ name, image }) => !then.has(name) || then.get(name) !== image);
  });
}
