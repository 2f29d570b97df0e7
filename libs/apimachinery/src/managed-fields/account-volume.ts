import type { Container, KubeObject, PodSpec, ResourceRow } from '@shiplog/contracts';
import { nameSuffix } from '../values/hash';
import { copyWithout } from '../values/json-object';

type Fields = Record<string, unknown>;

/** The fields of a pod's specification in which the volume and its mounts stand. */
const MOUNTING: ReadonlySet<string> = new Set(['volumes', 'initContainers', 'containers']);

/** What the name of a volume begins with by which a pod's containers get the token of their account. */
export const ACCOUNT_VOLUME_PREFIX = 'kube-api-access-';

/** The name of the volume that a pod is given for that: drawn from its uid, so that it is known from one that its maker wrote. */
export function accountVolumeName(uid: string): string {
  return `${ACCOUNT_VOLUME_PREFIX}${nameSuffix(`${uid}/token`, 0)}`;
}

/**
 * An object without the account's volume and its mounts, which are nobody's to manage: Kubernetes' admission comes after the fields of
 * a new object are its maker's. The same object where there are none.
 */
export function withoutAccountVolume<T extends KubeObject>({ id }: ResourceRow, object: T): T {
  if (id !== 'pods') return object;
  const { spec } = object as unknown as { readonly spec: PodSpec };
  // Every version of every pod comes by here.
  if (spec.volumes?.some(({ name }) => name.startsWith(ACCOUNT_VOLUME_PREFIX)) !== true) return object;
  const given = accountVolumeName(object.metadata.uid ?? '');
  const left = spec.volumes.filter(({ name }) => name !== given);
  const shown: Fields = copyWithout(spec as unknown as Fields, (name) => MOUNTING.has(name));
  if (left.length > 0) shown['volumes'] = left;
  if (spec.initContainers !== undefined) shown['initContainers'] = withoutMounts(spec.initContainers, given);
  shown['containers'] = withoutMounts(spec.containers, given);
  const made: Fields = copyWithout(object, (name) => name === 'spec');
  made['spec'] = shown;
  return made as T;
}

function withoutMounts(containers: readonly Container[], volume: string): Container[] {
  return containers.map((container) => {
    const { volumeMounts = [] } = container;
    const left = volumeMounts.filter(({ name }) => name !== volume);
    if (left.length === volumeMounts.length) return container;
    const made: Fields = copyWithout(container as unknown as Fields, (name) => name === 'volumeMounts');
    if (left.length > 0) made['volumeMounts'] = left;
    return made as unknown as Container;
  });
}
