import type { ResourceVersion, StructuralSchema } from '@shiplog/contracts';
import { type Schema, definition, referenceOf } from '../schema/definitions';
import { isJsonObject } from '../values/json-object';

/**
 * How a value is merged, and whose its parts can be. Without `map`, an object is replaced as a whole; without `list`, a list is;
 * what is neither always is.
 */
export interface MergeSchema {
  readonly map?: MapSchema;
  readonly list?: ListSchema;
}

export interface MapSchema {
  /** Of a field that the schema names. */
  field(name: string): MergeSchema | undefined;
  /** Of every other field; undefined where there is no other. */
  readonly others: MergeSchema | undefined;
}

/** A list whose items are told apart by what they hold, not by where they stand. */
export interface ListSchema {
  readonly items: MergeSchema;
  /** Fields that tell items apart, in the order of the alphabet; none: the items themselves do. */
  readonly keys: readonly string[];
  /** What a key stands for that an item leaves out. */
  keyDefault(key: string): unknown;
}

/** Replaced as a whole. */
const WHOLE: MergeSchema = {};
const NO_FIELD = (): undefined => undefined;

/** A value that no schema tells anything of: objects are merged, lists are replaced. */
const UNTYPED: MergeSchema = {
  map: {
    field: NO_FIELD,
    get others(): MergeSchema {
      return UNTYPED;
    },
  },
};

/** The defaults of keys: the published metadata has no defaults, and this is the only key that has one. */
const KEY_DEFAULTS: ReadonlyMap<string, unknown> = new Map([['protocol', 'TCP']]);

const MAP_TYPE = 'x-kubernetes-map-type';
const LIST_TYPE = 'x-kubernetes-list-type';
const LIST_KEYS = 'x-kubernetes-list-map-keys';

/** Fields of a struct, looked at when they are asked for: definitions hold themselves. */
class Fields implements MapSchema {
  readonly #known = new Map<string, MergeSchema | undefined>();

  constructor(
    private readonly make: (name: string) => MergeSchema | undefined,
    readonly others: MergeSchema | undefined,
  ) {}

  field(name: string): MergeSchema | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const made = this.make(name);
    // Names come from outside: only those that there are are remembered.
    if (made !== undefined) this.#known.set(name, made);
    return made;
  }
}

const byName = new Map<string, MergeSchema>();

/** Of a definition of the API's own metadata. */
function ofDefinition(name: string): MergeSchema {
  let made = byName.get(name);
  if (made === undefined) byName.set(name, (made = ofBuiltIn(definition(name))));
  return made;
}

function ofBuiltIn(schema: Schema): MergeSchema {
  if (schema[MAP_TYPE] === 'atomic') return WHOLE;
  const name = referenceOf(schema);
  if (name !== undefined) return ofDefinition(name);
  if (schema.type === 'array') return ofBuiltInList(schema);
  const { properties, additionalProperties } = schema;
  if (properties !== undefined) {
    const make = (field: string): MergeSchema | undefined =>
      Object.hasOwn(properties, field) ? ofBuiltIn(properties[field] as Schema) : undefined;
    return { map: new Fields(make, undefined) };
  }
  if (additionalProperties === undefined) return WHOLE;
  return { map: { field: NO_FIELD, others: ofBuiltIn(additionalProperties) } };
}

/** Without a list type the older patch strategy says whether items are merged (schemaconv in kube-openapi). */
function ofBuiltInList(schema: Schema): MergeSchema {
  const type =
    schema[LIST_TYPE] ?? (schema['x-kubernetes-patch-strategy']?.startsWith('merge') === true ? 'by key' : 'atomic');
  if (type === 'atomic') return WHOLE;
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  const keys =
    type === 'map' ? (schema[LIST_KEYS] ?? []) : type === 'by key' && mergeKey !== undefined ? [mergeKey] : [];
  return {
    list: {
      items: ofBuiltIn(schema.items ?? {}),
      keys: [...keys].sort(),
      keyDefault: (key) => KEY_DEFAULTS.get(key),
    },
  };
}

function ofStructural(schema: StructuralSchema): MergeSchema {
  const { items, properties, additionalProperties } = schema;
  if (schema['x-kubernetes-int-or-string'] === true) return WHOLE;
  if (schema.type === 'array') return items === undefined ? WHOLE : ofStructuralList(schema, items);
  if (schema[MAP_TYPE] === 'atomic') return WHOLE;
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  const isObject = schema.type === 'object' || schema.type === undefined;
  if (!isObject) return WHOLE;
  if (schema['x-kubernetes-embedded-resource'] === true) return UNTYPED;
  const others = isJsonObject(additionalProperties) ? ofStructural(additionalProperties) : isOpen ? UNTYPED : undefined;
  if (properties === undefined) return others === UNTYPED ? UNTYPED : { map: { field: NO_FIELD, others } };
  const make = (field: string): MergeSchema | undefined =>
    Object.hasOwn(properties, field) ? ofStructural(properties[field] as StructuralSchema) : undefined;
  return { map: new Fields(make, others) };
}

function ofStructuralList(schema: StructuralSchema, items: StructuralSchema): MergeSchema {
  const type = schema[LIST_TYPE];
  const keys = schema[LIST_KEYS];
  if (type !== 'map' && type !== 'set') return WHOLE;
  return {
    list: {
      items: ofStructural(items),
      keys: type === 'map' && Array.isArray(keys) ? (keys as string[]).map(String).sort() : [],
      keyDefault: (key) =>
        items.properties !== undefined && Object.hasOwn(items.properties, key)
          ? items.properties[key]?.['default']
          : undefined,
    },
  };
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** An object of a custom resource: beside what its schema tells of, what every object has. */
function ofCustomResource(schema: StructuralSchema): MergeSchema {
  const own = ofStructural(schema).map ?? { field: NO_FIELD, others: undefined };
  const make = (name: string): MergeSchema | undefined => {
    if (name === 'apiVersion' || name === 'kind') return WHOLE;
    return name === 'metadata' ? ofDefinition(META) : own.field(name);
  };
  return { map: new Fields(make, own.others) };
}

const byStructural = new WeakMap<StructuralSchema, MergeSchema>();

/** How the objects of one version of a resource are merged. */
export function mergeSchemaOf({ schema }: Pick<ResourceVersion, 'schema'>): MergeSchema {
  if (typeof schema === 'string') return ofDefinition(schema);
  let made = byStructural.get(schema);
  if (made === undefined) byStructural.set(schema, (made = ofCustomResource(schema)));
  return made;
}

/** Of a field of an object; undefined for one that the schema does not know. */
export function fieldSchema(map: MapSchema, name: string): MergeSchema | undefined {
  return map.field(name) ?? map.others;
}
