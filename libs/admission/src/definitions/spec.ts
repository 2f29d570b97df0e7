import { dnsSubdomain, GoSyntax, type Problems, sameJson } from '@shiplog/apimachinery';
import { validateConversion } from './conversion';
import { validateDefaults } from './defaults';
import { validateColumns, validateSelectableFields, validateSubresources } from './fields';
import { breach, requireNames, validateNames } from './names';
import { validateRuleExpressions, validateRuleFields } from './rules';
import { validateSchema } from './schema';
import { validateStructural } from './structural';
import type { SchemaProps, Spec, Version } from './types';

const SCOPES = ['Cluster', 'Namespaced'];

/** Rules for the spec of a CustomResourceDefinition (validateCustomResourceDefinitionSpec). */
export function validateSpec(spec: Spec, problems: Problems): void {
  validateGroup(spec.group, problems);
  if (spec.scope === '') problems.required('spec.scope');
  else problems.unlessOneOf('spec.scope', spec.scope, SCOPES);
  spec.versions.forEach(({ schema }, i) => {
    if (schema?.openAPIV3Schema !== undefined) return;
    problems.required(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required');
  });
  if (spec.preserveUnknownFields === true && spec.versions.some((version) => hasDefaults(version.schema))) {
    problems.invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema');
  }
  validateVersions(spec.versions, problems);
  requireNames(spec.names, 'spec.names', problems);
  validateNames(spec.names, 'spec.names', problems);
  if (spec.conversion === undefined) return;
  if (spec.preserveUnknownFields === true && spec.conversion.strategy !== 'None') {
    const detail = 'must be None if spec.preserveUnknownFields is true';
    problems.invalid('spec.conversion.strategy', spec.conversion.strategy, detail);
  }
  validateConversion(spec.conversion, 'spec.conversion', problems);
}

/** A definition can't be made, nor changed, to keep fields that no schema knows. */
export function validatePreserve(spec: Spec, before: Spec | undefined, problems: Problems): void {
  if (before?.preserveUnknownFields === true || spec.preserveUnknownFields !== true) return;
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  problems.invalid('spec.preserveUnknownFields', true, detail);
}

function validateGroup(group: string, problems: Problems): void {
  const wrong = group === '' ? [] : dnsSubdomain(group);
  if (group === '') problems.required('spec.group');
  else if (wrong.length > 0) problems.invalid('spec.group', group, wrong.join(','));
  else if (!group.includes('.')) problems.invalid('spec.group', group, 'should be a domain with at least one dot');
}

function hasDefaults(schema: Version['schema']): boolean {
  return schema !== undefined && JSON.stringify(schema).includes('"default":');
}

function validateVersions(versions: readonly Version[], problems: Problems): void {
  const places = placesOf(versions);
  versions.forEach((version, i) => {
    breach(`spec.versions[${i}].name`, version.name, problems);
    validateDeprecation(version, `spec.versions[${i}].deprecationWarning`, problems);
    if (i === 0 || !places.schema.isShared) validateSchemaOf(version, places.schema.at(i), problems);
    if ((i === 0 || !places.subresources.isShared) && version.subresources !== undefined) {
      validateSubresources(version.subresources, places.subresources.at(i), problems);
    }
    if (i === 0 || !places.columns.isShared) {
      validateColumns(version.additionalPrinterColumns ?? [], places.columns.at(i), problems);
    }
    const { openAPIV3Schema: schema } = version.schema ?? {};
    if ((i === 0 || !places.fields.isShared) && schema !== undefined) {
      validateSelectableFields(version.selectableFields ?? [], schema as SchemaProps, places.fields.at(i), problems);
    }
  });
  const asSpec = new GoSyntax('[]apiextensions.CustomResourceDefinitionVersion');
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    problems.invalid('spec.versions', asSpec, 'must contain unique version names');
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    problems.invalid('spec.versions', asSpec, 'must have exactly one version marked as storage version');
  }
}

interface Place {
  /** Whether all versions say the same, so that it is looked at once. */
  readonly isShared: boolean;
  at(version: number): string;
}

/** What all versions have alike stands at the top of Kubernetes' own type, and is spoken of there. */
function placesOf(
  versions: readonly Version[],
): Readonly<Record<'schema' | 'subresources' | 'columns' | 'fields', Place>> {
  const place = (field: keyof Version, atTop: string): Place => {
    const isShared = versions.every((version) => sameJson(version[field], versions[0]?.[field]));
    const name = field === 'schema' ? 'schema' : field;
    return { isShared, at: (i) => (isShared ? `spec.${atTop}` : `spec.versions[${i}].${name}`) };
  };
  return {
    schema: place('schema', 'validation'),
    subresources: place('subresources', 'subresources'),
    columns: place('additionalPrinterColumns', 'additionalPrinterColumns'),
    fields: place('selectableFields', 'selectableFields'),
  };
}

const LONGEST_WARNING = 256;

function validateDeprecation({ deprecated, deprecationWarning: text }: Version, at: string, problems: Problems): void {
  if (text === undefined) return;
  if (deprecated !== true) return problems.invalid(at, text, 'can only be set for deprecated versions');
  if (Buffer.byteLength(text) > LONGEST_WARNING) problems.invalid(at, text, 'must be <= 256 characters long');
  if (text === '') problems.invalid(at, text, 'must not be an empty string');
  const index = text.search(/[\p{C}\p{Zl}\p{Zp}]/u);
  if (index < 0) return;
  const detail = `must only contain printable UTF-8 characters; non-printable character found at index ${index}`;
  problems.invalid(at, text, detail);
}

/** What a schema with a status of its own may say at its root: nothing that would be lost where the status is taken out. */
const NOT_AT_ROOT: readonly (keyof SchemaProps)[] = [
  'default', 'enum', 'allOf', 'anyOf', 'oneOf', 'not', 'additionalProperties', 'minProperties', 'maxProperties',
  'nullable', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string', 'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys', 'x-kubernetes-map-type',
]; // prettier-ignore
const AT_ROOT =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]';

function validateSchemaOf(version: Version, at: string, problems: Problems): void {
  const schema = version.schema?.openAPIV3Schema as SchemaProps | undefined;
  if (schema === undefined) return;
  const where = `${at}.openAPIV3Schema`;
  if (version.subresources?.status !== undefined) {
    const { type = '' } = schema;
    if (type !== '' && type !== 'object') {
      const detail =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      problems.invalid(`${where}.type`, type, detail);
    } else if (NOT_AT_ROOT.some((keyword) => schema[keyword] !== undefined && schema[keyword] !== false)) {
      const detail = `only ${AT_ROOT} fields are allowed at the root of the schema if the status subresource is enabled`;
      problems.invalid(where, new GoSyntax('apiextensions.JSONSchemaProps'), detail);
    }
  }
  if (schema.nullable === true) problems.forbidden(`${where}.nullable`, 'nullable cannot be true at the root');
  const found = problems.causes.length;
  validateStructural(schema, where, problems);
  if (problems.causes.length === found) validateDefaults(schema, where, problems);
  validateSchema(schema, { at: where, isRoot: true, inMeta: false }, problems);
  validateRuleFields(schema, where, problems);
  // Of a schema that is unsound there are no types to check expressions by.
  if (problems.causes.length === found) validateRuleExpressions(schema, where, problems);
}
