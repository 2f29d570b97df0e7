import { KUBERNETES_API } from '@shiplog/contracts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const byKind = new Map<string, string>();
for (const [name, schema] of Object.entries(KUBERNETES_API.definitions)) {
  // Kinds that every group has (DeleteOptions, WatchEvent) belong to none.
  if (name.startsWith(META)) continue;
  for (const gvk of schema['x-kubernetes-group-version-kind'] ?? []) {
    byKind.set(`${gvk.group}/${gvk.version}/${gvk.kind}`, name);
  }
}

/** What OpenAPI calls a kind of the API's own metadata, for example `io.k8s.api.autoscaling.v1.Scale`; undefined for another. */
export function builtInDefinition(group: string, version: string, kind: string): string | undefined {
  return byKind.get(`${group}/${version}/${kind}`);
}

/** What OpenAPI calls a kind; one that came at run time by its group, turned round as Kubernetes does: `com.example.v1.CronTab`. */
export function definitionNameOf(group: string, version: string, kind: string): string {
  return builtInDefinition(group, version, kind) ?? [...group.split('.').reverse(), version, kind].join('.');
}
