import { RESOURCES, apiVersionOf, type ResourceRow } from '@shiplog/contracts';
import { readManifests, type Manifest } from '@shiplog/testing';

/** A manifest with what is served of its kind. */
export interface Sample {
  readonly manifest: Manifest;
  readonly row: ResourceRow;
  /** As kubectl takes it without doubt: `deployments.v1.apps`, or `pods`. */
  readonly type: string;
  /** As kubectl prints it: `deployment.apps/web`. */
  readonly shown: string;
  /** Of the object, below the server. */
  readonly path: string;
}

/** Every manifest of the folder, with its row; those of kinds that are not served are left out. */
export function samples(namespace = 'default'): readonly Sample[] {
  return readManifests().flatMap((manifest) => {
    const row = rowOf(manifest);
    return row === undefined ? [] : [sampleOf(manifest, row, namespace)];
  });
}

function rowOf({ apiVersion, kind }: Manifest): ResourceRow | undefined {
  return RESOURCES.find((row: ResourceRow) =>
    row.versions.some((version) => version.served && row.kind === kind && apiVersionOf(version) === apiVersion),
  );
}

function sampleOf(manifest: Manifest, row: ResourceRow, namespace: string): Sample {
  const [version = '', group = ''] = manifest.apiVersion.split('/').reverse();
  const { name } = manifest.metadata;
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const suffix = group === '' ? '' : `.${group}`;
  return {
    manifest,
    row,
    type: group === '' ? row.plural : `${row.plural}.${version}.${group}`,
    shown: `${row.kind.toLowerCase()}${suffix}/${name}`,
    path: `${prefix}${row.namespaced ? `/namespaces/${namespace}` : ''}/${row.plural}/${name}`,
  };
}
