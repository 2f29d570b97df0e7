import type { ObjectOf } from '@shiplog/contracts';
import { claimNameOf } from '@shiplog/kube';

type NamedPod = Pick<ObjectOf<'pods'>, 'spec'> & { readonly metadata: { readonly name?: string } };

/**
 * What a pod is made with of its namespace: ConfigMaps, Secrets and claims, as `configmaps/name`, `secrets/name` and
 * `persistentvolumeclaims/name`.
 */
export function referencesOf(pod: NamedPod): Set<string> {
  const found = new Set<string>();
  const configMap = (name: string | undefined): unknown => name !== undefined && found.add(`configmaps/${name}`);
  const secret = (name: string | undefined): unknown => name !== undefined && found.add(`secrets/${name}`);
  for (const volume of pod.spec?.volumes ?? []) {
    const claim = claimNameOf(pod, volume);
    if (claim !== undefined) found.add(`persistentvolumeclaims/${claim}`);
    configMap(volume.configMap?.name);
    secret(volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      configMap(source.configMap?.name);
      secret(source.secret?.name);
    }
  }
  for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      configMap(from.configMapRef?.name);
      secret(from.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      configMap(valueFrom?.configMapKeyRef?.name);
      secret(valueFrom?.secretKeyRef?.name);
    }
  }
  for (const { name } of pod.spec?.imagePullSecrets ?? []) secret(name);
  return found;
}
