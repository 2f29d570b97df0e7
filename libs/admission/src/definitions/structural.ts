import { Problems, sameJson } from '@shiplog/apimachinery';
import { regexProblem } from '../custom/patterns';
import { additionalOf, itemsOf, type SchemaProps } from './types';

const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const EMBEDDED = 'x-kubernetes-embedded-resource';
const INT_OR_STRING = 'x-kubernetes-int-or-string';

/** Where a schema stands in another, which is how an empty type is spoken of. */
const LEVELS = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};
type Level = keyof typeof LEVELS;

/**
 * That a schema is structural: each field has a type outside of allOf, anyOf, oneOf and not, and what these say is only of
 * values (schema/validation.go and schema/complete.go in Kubernetes' apiextensions). Problems come in the order of their texts.
 */
export function validateStructural(schema: SchemaProps, at: string, problems: Problems): void {
  const found = new Problems();
  validateInvariants(schema, 'root', at, found);
  completeValues(schema, schema, at, at, found);
  found.causes.sort((a, b) => (`${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1));
  problems.take(found);
}

function validateInvariants(schema: SchemaProps, level: Level, at: string, problems: Problems): void {
  const { properties = {} } = schema;
  const items = itemsOf(schema);
  if (schema.type === 'array' && items === undefined) problems.required(`${at}.items`, 'must be specified');
  if (items !== undefined) validateInvariants(items, 'item', `${at}.items`, problems);
  for (const [name, property] of Object.entries(properties)) {
    validateInvariants(property, 'field', `${at}.properties[${name}]`, problems);
  }
  if (schema.additionalProperties !== undefined) {
    if (level === 'root') problems.forbidden(`${at}.additionalProperties`, 'must not be used at the root');
    const additional = additionalOf(schema);
    if (additional !== undefined) validateInvariants(additional, 'field', `${at}.additionalProperties`, problems);
  }
  validateExtensions(schema, at, problems);
  validateValues(schema, isIntOrStringAnyOf(schema), isIntOrStringAnyOf(schema.allOf?.[0]), at, problems);
  validateType(schema, level, at, problems);
  validateObjectFields(schema, level, at, problems);
}

function validateExtensions(schema: SchemaProps, at: string, problems: Problems): void {
  if (schema[INT_OR_STRING] !== true) return;
  for (const keyword of [PRESERVE, EMBEDDED] as const) {
    if (schema[keyword] === true) {
      problems.invalid(`${at}.${keyword}`, true, `must be false if ${INT_OR_STRING} is true`);
    }
  }
}

function validateType(schema: SchemaProps, level: Level, at: string, problems: Problems): void {
  const { type = '' } = schema;
  if (schema[EMBEDDED] === true && type !== 'object') {
    const detail = `must be object if ${EMBEDDED} is true`;
    if (type === '') problems.required(`${at}.type`, detail);
    else problems.invalid(`${at}.type`, type, detail);
  } else if (type === '' && schema[INT_OR_STRING] !== true && schema[PRESERVE] !== true) {
    problems.required(`${at}.type`, LEVELS[level]);
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    problems.invalid(`${at}.type`, type, 'must be object at the root');
  }
}

/** Of an object of the API, at the root or embedded, kind and apiVersion are texts, and metadata is what it always is. */
function validateObjectFields(schema: SchemaProps, level: Level, at: string, problems: Problems): void {
  const { properties = {} } = schema;
  const embedded = schema[EMBEDDED] === true;
  if (embedded && schema.additionalProperties !== undefined) {
    problems.forbidden(`${at}.additionalProperties`, `must not be used if ${EMBEDDED} is set`);
  }
  if (level === 'root' || embedded) {
    for (const [name, type] of [
      ['kind', 'string'],
      ['apiVersion', 'string'],
      ['metadata', 'object'],
    ] as const) {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (property !== undefined && property.type !== type) {
        problems.invalid(`${at}.properties[${name}].type`, property.type ?? '', `must be ${type}`);
      }
    }
  }
  if (level === 'root' && Object.hasOwn(properties, 'metadata') && !isPlainMetadata(properties['metadata']!)) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    problems.forbidden(`${at}.properties[metadata]`, detail);
  }
  if (embedded && schema[PRESERVE] !== true && Object.keys(properties).length === 0) {
    const detail = `must not be empty if ${EMBEDDED} is true without ${PRESERVE}`;
    problems.required(`${at}.properties`, detail);
  }
}

function isPlainMetadata({ type: _type, properties = {}, default: _default, ...rest }: SchemaProps): boolean {
  const said = Object.entries(rest).filter(([, value]) => value !== false && value !== '');
  return said.length === 0 && Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
}

const INT_OR_STRING_ANY_OF = [{ type: 'integer' }, { type: 'string' }];

function isIntOrStringAnyOf(schema: SchemaProps | undefined): boolean {
  return sameJson(schema?.anyOf, INT_OR_STRING_ANY_OF);
}

function validateValues(
  schema: SchemaProps,
  skipAnyOf: boolean,
  skipFirstAllOf: boolean,
  at: string,
  problems: Problems,
): void {
  if (!skipAnyOf) schema.anyOf?.forEach((part, i) => validateNested(part, false, `${at}.anyOf[${i}]`, problems));
  schema.allOf?.forEach((part, i) => validateNested(part, skipFirstAllOf && i === 0, `${at}.allOf[${i}]`, problems));
  schema.oneOf?.forEach((part, i) => validateNested(part, false, `${at}.oneOf[${i}]`, problems));
  if (schema.not !== undefined) validateNested(schema.not, false, `${at}.not`, problems);
  const wrong = schema.pattern === undefined ? undefined : regexProblem(schema.pattern);
  if (wrong !== undefined) {
    const detail = `must be a valid regular expression, but isn't: ${wrong}`;
    problems.invalid(`${at}.pattern`, schema.pattern, detail);
  }
}

/** What allOf and its like may not say, and how that is refused. */
const NOT_IN_NESTED: readonly (readonly [keyof SchemaProps, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['externalDocs', 'must be undefined to be structural'],
  [PRESERVE, 'must be false to be structural'],
  [EMBEDDED, 'must be false to be structural'],
  [INT_OR_STRING, 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function validateNested(schema: SchemaProps, skipAnyOf: boolean, at: string, problems: Problems): void {
  validateValues(schema, skipAnyOf, false, at, problems);
  const items = itemsOf(schema);
  if (items !== undefined) validateNested(items, false, `${at}.items`, problems);
  const { properties = {} } = schema;
  for (const [name, property] of Object.entries(properties)) {
    validateNested(property, false, `${at}.properties[${name}]`, problems);
  }
  for (const [keyword, detail] of NOT_IN_NESTED) {
    const value = schema[keyword];
    const isSet = value !== undefined && (keyword === 'additionalProperties' || value !== false) && value !== '';
    if (isSet) problems.forbidden(`${at}.${keyword}`, detail);
  }
  if (Object.hasOwn(properties, 'metadata')) {
    problems.forbidden(`${at}.properties[metadata]`, 'must not be specified in a nested context');
  }
}

/** Each field that allOf and its like speak of is also specified outside of them. Kubernetes looks at those of the root. */
function completeValues(
  values: SchemaProps,
  structure: SchemaProps,
  atStructure: string,
  at: string,
  problems: Problems,
): void {
  const visit = (part: SchemaProps, where: string): void =>
    completeNested(part, structure, atStructure, `${at}.${where}`, problems);
  values.allOf?.forEach((part, i) => visit(part, `allOf[${i}]`));
  values.anyOf?.forEach((part, i) => visit(part, `anyOf[${i}]`));
  values.oneOf?.forEach((part, i) => visit(part, `oneOf[${i}]`));
  if (values.not !== undefined) visit(values.not, 'not');
}

function completeNested(
  values: SchemaProps,
  structure: SchemaProps,
  atStructure: string,
  at: string,
  problems: Problems,
): void {
  completeValues(values, structure, atStructure, at, problems);
  const items = itemsOf(values);
  if (items !== undefined) {
    const known = itemsOf(structure);
    if (known === undefined) problems.required(`${atStructure}.items`, `because it is defined in ${at}.items`);
    else completeNested(items, known, `${atStructure}.items`, `${at}.items`, problems);
  }
  for (const [name, property] of Object.entries(values.properties ?? {})) {
    const { properties = {} } = structure;
    const where = `${atStructure}.properties[${name}]`;
    const said = `${at}.properties[${name}]`;
    if (Object.hasOwn(properties, name)) completeNested(property, properties[name]!, where, said, problems);
    else problems.required(where, `because it is defined in ${said}`);
  }
}
