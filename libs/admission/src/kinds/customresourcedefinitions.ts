import type { ObjectOf } from '@shiplog/contracts';
import { DEFINITIONS, dns1035Label, dnsSubdomain, isJsonObject, type Problems, toSeconds } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import { type Draft, defineKind } from './kind';

type Definition = Draft<typeof DEFINITIONS>;
type Spec = NonNullable<Definition['spec']>;

const SCOPES = ['Cluster', 'Namespaced'];

/** What the catalog relies on: a name made of plural and group, a kind, one version to store. */
function validateSpec({ group, names, scope, versions }: Spec, name: string, problems: Problems): void {
  problems.breaches('spec.group', group, dnsSubdomain);
  if (!group.includes('.')) problems.invalid('spec.group', group, 'should be a domain with at least one dot');
  problems.unlessOneOf('spec.scope', scope, SCOPES);
  problems.breaches('spec.names.plural', names.plural, dns1035Label);
  if (names.kind === '') problems.required('spec.names.kind');
  if (name !== `${names.plural}.${group}`) {
    problems.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group');
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    problems.invalid('spec.versions', versions.length, 'must have exactly one version marked as storage version');
  }
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    problems.breaches(`spec.versions[${i}].name`, version.name, dns1035Label);
    if (seen.has(version.name)) problems.duplicate(`spec.versions[${i}].name`, version.name);
    seen.add(version.name);
    const schema = version.schema?.openAPIV3Schema;
    if (schema !== undefined) validateSchema(schema, `spec.versions[${i}].schema.openAPIV3Schema`, problems);
  });
}

/** That there are schemas where readers of a schema go on: the types leave `items` and `additionalProperties` open. */
function validateSchema(schema: unknown, at: string, problems: Problems): void {
  if (!isJsonObject(schema)) return problems.invalid(at, schema, 'must be a schema object');
  const { properties, items, additionalProperties } = schema;
  if (isJsonObject(properties)) {
    for (const name of Object.keys(properties)) validateSchema(properties[name], `${at}.properties[${name}]`, problems);
  } else if (properties !== undefined) {
    problems.invalid(`${at}.properties`, properties, 'must be schemas by the names of fields');
  }
  if (items !== undefined) validateSchema(items, `${at}.items`, problems);
  if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean') {
    validateSchema(additionalProperties, `${at}.additionalProperties`, problems);
  }
}

/** Whether the kind is another resource's of its group, so that the two could not be told apart, or the resource is built in. */
function isTaken({ group, names }: Spec, { state }: AdmissionContext, name: string): boolean {
  for (const row of state.catalog.rows) {
    const isItself = row.id === name && typeof row.versions[0].schema !== 'string';
    if (!isItself && row.group === group && (row.id === name || row.kind === names.kind)) return true;
  }
  return false;
}

/** As Kubernetes' controllers say it, but at once: whether the names are free is decided with the write itself. */
function accept(draft: Definition, ctx: AdmissionContext, before?: ObjectOf<typeof DEFINITIONS>): void {
  const { spec, metadata } = draft;
  if (spec === undefined) return;
  const { status = {} } = before ?? {};
  const lastTransitionTime = toSeconds(ctx.now);
  const taken = isTaken(spec, ctx, metadata.name ?? '');
  const stored = spec.versions.filter(({ storage }) => storage).map(({ name }) => name);
  const conditions = taken
    ? [
        condition('NamesAccepted', 'False', 'KindConflict', `"${spec.names.kind}" is already in use`),
        condition('Established', 'False', 'NotAccepted', 'not all names are accepted'),
      ]
    : [
        condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ];
  draft.status = {
    ...status,
    acceptedNames: taken ? { plural: '', kind: '' } : spec.names,
    storedVersions: [...new Set([...(status.storedVersions ?? []), ...stored])],
    conditions: conditions.map((now) => {
      const was = status.conditions?.find(({ type }) => type === now.type);
      return { lastTransitionTime: was?.status === now.status ? was.lastTransitionTime : lastTransitionTime, ...now };
    }),
  };
}

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
});

export const customResourceDefinitions = defineKind<typeof DEFINITIONS>({
  resource: DEFINITIONS,
  name: dnsSubdomain,
  generation: 'spec',
  defaults({ spec }) {
    if (spec === undefined) return;
    spec.names.singular ??= spec.names.kind.toLowerCase();
    spec.names.listKind ??= `${spec.names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
  },
  prepareCreate: (draft, ctx) => accept(draft, ctx),
  prepareUpdate: (draft, before, ctx) => accept(draft, ctx, before),
  validate({ metadata, spec }, problems) {
    if (spec === undefined) problems.required('spec');
    else validateSpec(spec, metadata.name ?? '', problems);
  },
  validateUpdate({ spec }, before, problems) {
    for (const field of ['group', 'scope'] as const) {
      const value = spec?.[field];
      if (value !== before.spec?.[field]) problems.invalid(`spec.${field}`, value, 'field is immutable');
    }
    const kind = spec?.names.kind;
    if (kind !== before.spec?.names.kind) problems.invalid('spec.names.kind', kind, 'field is immutable');
  },
});
