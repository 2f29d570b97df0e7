import type { Container, KubeObject, PodSpec, ResourceRow } from '@shiplog/contracts';
import { nameSuffix } from '../values/hash';

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
  const { volumes, initContainers, containers, ...others } = spec;
  // Every version of every pod comes by here.
  if (volumes?.some(({ name }) => name.startsWith(ACCOUNT_VOLUME_PREFIX)) !== true) return object;
  const given = accountVolumeName(object.metadata.uid ?? '');
  const left = volumes.filter(({ name }) => name !== given);
  const made = {
    ...others,
    ...(left.length === 0 ? {} : { volumes: left }),
    ...(initContainers === undefined ? {} : { initContainers: withoutMounts(initContainers, given) }),
    containers: withoutMounts(containers, given),
  };
  return { ...object, spec: made };
}

function withoutMounts(containers: readonly Container[], volume: string): Container[] {
  return containers.map((container) => {
    const { volumeMounts = [], ...others } = container;
    const left = volumeMounts.filter(({ name }) => name !== volume);
    if (left.length === volumeMounts.length) return container;
    return left.length === 0 ? others : { ...others, volumeMounts: left };
  });
}
