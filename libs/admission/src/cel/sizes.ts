import { additionalOf, itemsOf, type SchemaProps } from '../definitions/types';
import { celFieldName } from './types';

/** How large a value may be, as far as its schema says: characters, items or entries. */
export interface Shape {
  readonly max: number;
  /** Of an item, or of an entry's value. */
  readonly elem?: Shape;
  /** Of the keys of a map. */
  readonly key?: Shape;
  field?(celName: string): Shape;
}

/** Bytes of a request, of which a value is a part (apiserver's cel.DefaultMaxRequestSizeBytes). */
const REQUEST = 3 * 1024 * 1024;
/** Without its quotes or brackets. */
export const MOST = REQUEST - 2;

/** Of numbers and the like: going through one costs nothing. */
export const SCALAR: Shape = { max: 1 };

/** Of a value about which nothing is known. */
export const UNKNOWN: Shape = { max: MOST, field: () => UNKNOWN };

const FORMAT_SIZES: ReadonlyMap<string, number> = new Map([
  ['date', 12],
  ['date-time', 40],
  ['duration', 32],
]);

/** Of the values of a schema. */
export function shapeOf(schema: SchemaProps): Shape {
  if (schema['x-kubernetes-int-or-string'] === true) return { max: MOST };
  switch (schema.type) {
    case 'string':
      return { max: textSize(schema) };
    case 'array':
      return listShape(schema);
    case 'object':
      return objectShape(schema);
    default:
      return schema.type === undefined ? UNKNOWN : SCALAR;
  }
}

/** The characters of a text are counted as four bytes each: that is what a limit of them allows. */
function textSize({ maxLength, format = '', enum: values }: SchemaProps): number {
  if (values !== undefined)
    return Math.max(...values.map((value) => (typeof value === 'string' ? value.length : 1)), 1);
  return FORMAT_SIZES.get(format) ?? (maxLength === undefined ? MOST : maxLength * 4);
}

function listShape(schema: SchemaProps): Shape {
  const items = itemsOf(schema);
  return { max: itemCount(schema), elem: items === undefined ? UNKNOWN : shapeOf(items) };
}

/** Items or entries that a value of a schema can have; without a limit, as many as a request can hold. */
export function itemCount(schema: SchemaProps): number {
  const [items, additional] = [itemsOf(schema), additionalOf(schema)];
  if (items !== undefined) return schema.maxItems ?? Math.floor(MOST / (leastSize(items) + 1));
  return schema.maxProperties ?? Math.floor(MOST / ((additional === undefined ? 1 : leastSize(additional)) + 6));
}

function objectShape(schema: SchemaProps): Shape {
  const additional = additionalOf(schema);
  if (additional !== undefined) {
    const elem = shapeOf(additional);
    return { max: itemCount(schema), elem, key: { max: MOST }, field: () => elem };
  }
  const properties = Object.entries(schema.properties ?? {});
  const byName = new Map(properties.map(([name, property]) => [celFieldName(name), property]));
  return {
    max: properties.length,
    field: (celName) => {
      const property = byName.get(celName);
      return property === undefined ? UNKNOWN : shapeOf(property);
    },
  };
}

/** Bytes that the shortest value of a schema takes. */
export function leastSize(schema: SchemaProps): number {
  switch (schema.type) {
    case 'string':
      return 2;
    case 'boolean':
      return 4;
    case 'array':
      return 2;
    case 'object': {
      const { properties = {}, required = [] } = schema;
      return required.reduce((sum, name) => {
        const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
        return property === undefined || property.default !== undefined
          ? sum
          : sum + name.length + 4 + leastSize(property);
      }, 2);
    }
    default:
      return 1;
  }
}
