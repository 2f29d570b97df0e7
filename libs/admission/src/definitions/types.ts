import type { ObjectOf } from '@shiplog/contracts';
import type { DEFINITIONS } from '@shiplog/apimachinery';
import type { Draft } from '../kinds/kind';

/** A CustomResourceDefinition on its way in. */
export type Definition = Draft<typeof DEFINITIONS>;
export type StoredDefinition = ObjectOf<typeof DEFINITIONS>;
export type Spec = NonNullable<Definition['spec']>;
export type Names = Spec['names'];
export type Version = Spec['versions'][number];
export type Condition = NonNullable<NonNullable<Definition['status']>['conditions']>[number];

/** A schema as a definition has it (JSONSchemaProps), decoded: every keyword has the type that it must have. */
export interface SchemaProps {
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  default?: unknown;
  nullable?: boolean;
  pattern?: string;
  enum?: unknown[];
  required?: string[];
  uniqueItems?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  properties?: Record<string, SchemaProps>;
  items?: SchemaProps | SchemaProps[];
  additionalProperties?: SchemaProps | boolean;
  additionalItems?: SchemaProps | boolean;
  patternProperties?: Record<string, SchemaProps>;
  definitions?: Record<string, SchemaProps>;
  dependencies?: Record<string, SchemaProps | string[]>;
  externalDocs?: object;
  id?: string;
  $ref?: string;
  allOf?: SchemaProps[];
  anyOf?: SchemaProps[];
  oneOf?: SchemaProps[];
  not?: SchemaProps;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** A rule in CEL, of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** The schema of items where there is a single one. */
export function itemsOf({ items }: SchemaProps): SchemaProps | undefined {
  return Array.isArray(items) ? undefined : items;
}

/** The schema of additional properties, where they have one. */
export function additionalOf({ additionalProperties }: SchemaProps): SchemaProps | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}
