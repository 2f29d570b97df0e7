import type { ObjectOf } from '@shiplog/contracts';

/** The ConfigMaps and Secrets of its namespace that a pod is made with, as `configmaps/name` and `secrets/name`. */
export function referencesOf(pod: Pick<ObjectOf<'pods'>, 'spec'>): Set<string> {
  const found = new Set<string>();
  const configMap = (name: string | undefined): unknown => name !== undefined && found.add(`configmaps/${name}`);
  const secret = (name: string | undefined): unknown => name !== undefined && found.add(`secrets/${name}`);
  for (const volume of pod.spec?.volumes ?? []) {
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
