import type { ObjectOf, PrinterColumn, ResourceRow, ResourceVersion, StructuralSchema } from '@shiplog/contracts';
import { isJsonObject } from '../values/json-object';

/** What makes resources at run time. */
export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Of a definition that is being deleted: its objects go first. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

type Definition = ObjectOf<typeof DEFINITIONS>;
type DefinedVersion = NonNullable<Definition['spec']>['versions'][number];

/**
 * The resource that a CustomResourceDefinition makes; undefined while its names are not accepted (condition Established), and
 * for one that no journal has admitted, such as without a version to store.
 */
export function definedResource({ metadata, spec, status }: Definition): ResourceRow | undefined {
  if (spec === undefined || !isEstablished(status)) return undefined;
  const { group, names, scope } = spec;
  const { plural, kind, singular = '', listKind = `${kind}List`, shortNames = [], categories = [] } = names;
  const stored = spec.versions.find(({ storage }) => storage);
  if (stored === undefined || metadata.name !== `${plural}.${group}`) return undefined;
  const others = spec.versions.filter((version) => version !== stored);
  return {
    id: metadata.name,
    group,
    plural,
    kind,
    namespaced: scope === 'Namespaced',
    versions: [versionOf(group, kind, stored), ...others.map((version) => versionOf(group, kind, version))],
    names: { singular, listKind, shortNames, categories },
    unconditionalUpdate: false,
    ...(spec.conversion?.strategy === 'Webhook' && spec.conversion.webhook !== undefined
      ? { conversion: spec.conversion.webhook }
      : {}),
    ...(metadata.deletionTimestamp === undefined ? {} : { isTerminating: true }),
  };
}

function isEstablished(status: Definition['status']): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') === true;
}

function versionOf(group: string, kind: string, defined: DefinedVersion): ResourceVersion {
  const { subresources = {}, additionalPrinterColumns: columns, selectableFields } = defined;
  return {
    group,
    version: defined.name,
    served: defined.served,
    schema: (defined.schema?.openAPIV3Schema ?? ANYTHING) as StructuralSchema,
    ...(defined.deprecated === true
      ? { deprecationWarning: defined.deprecationWarning ?? `${group}/${defined.name} ${kind} is deprecated` }
      : {}),
    subresources: (['status', 'scale'] as const).filter((name) => isJsonObject(subresources[name])),
    ...(subresources.scale === undefined ? {} : { scale: subresources.scale }),
    ...(columns === undefined ? {} : { columns: columns as readonly PrinterColumn[] }),
    ...(selectableFields === undefined ? {} : { selectableFields: selectableFields.map(({ jsonPath }) => jsonPath) }),
  };
}

const ANYTHING: StructuralSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
