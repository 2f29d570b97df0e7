import type { ApiSchema } from '@shiplog/contracts';
import type { ServedApi, ServedGroupVersion } from '../discovery/served';
import { described } from './descriptions';
import { operationsOf, type Operation, type QueryParameter } from './operations';
import { definitionsOf } from './schemas';
import { inSteps } from './steps';
import { allDefinitions } from './v2';
import { bytesField, message, repeated, textField } from './wire';

/**
 * The OpenAPI v2 document as the protobuf message `openapi.v2.Document` (gnostic's OpenAPIv2.proto): the only form in which older
 * kubectl takes it. Holds what they read there: the definitions with Kubernetes' extensions, and per operation its kind
 * and query parameters. Made in steps, as the JSON of it is.
 */
export function* openApiV2Protobuf({ groups }: ServedApi, version: string): Generator<void, Uint8Array> {
  const paths: Uint8Array[] = [];
  for (const group of groups.flatMap((item) => item.versions)) {
    paths.push(yield* pathsOf(group));
    yield* inSteps(definitionsOf(group, 'v2'), ([name, schema]) => definitionOf(name, schema));
    yield;
  }
  const info = message(textField(1, 'Kubernetes'), textField(2, version));
  const definitions = [...allDefinitions({ groups })].map(([name, schema]) => definitionOf(name, schema));
  return message(
    textField(1, '2.0'),
    bytesField(2, info),
    bytesField(8, message(...paths)),
    bytesField(9, message(...definitions)),
  );
}

const ofGroups = new WeakMap<ServedGroupVersion, Uint8Array>();

/** The fields of `paths` that are a group's. */
function* pathsOf(group: ServedGroupVersion): Generator<void, Uint8Array> {
  let bytes = ofGroups.get(group);
  if (bytes === undefined) {
    const all = byPath(operationsOf(group));
    bytes = message(...(yield* inSteps(all, ([path, list]) => bytesField(2, named(path, pathItem(list))))));
    ofGroups.set(group, bytes);
  }
  return bytes;
}

const ofSchemas = new WeakMap<ApiSchema, Uint8Array>();

/** A field of `definitions`. */
function definitionOf(name: string, schema: ApiSchema): Uint8Array {
  let bytes = ofSchemas.get(schema);
  if (bytes === undefined) {
    bytes = message(bytesField(1, named(name, schemaOf(described(name, schema)))));
    ofSchemas.set(schema, bytes);
  }
  return bytes;
}

function byPath(operations: readonly Operation[]): ReadonlyMap<string, Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    const group = groups.get(operation.path);
    if (group === undefined) groups.set(operation.path, [operation]);
    else group.push(operation);
  }
  return groups;
}

function named(name: string, value: Uint8Array): Uint8Array {
  return message(textField(1, name), bytesField(2, value));
}

const METHOD_FIELDS: Readonly<Record<Operation['method'], number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

function pathItem(operations: readonly Operation[]): Uint8Array {
  return repeated(operations, (operation) => bytesField(METHOD_FIELDS[operation.method], operationOf(operation)));
}

function operationOf({ query, action, gvk }: Operation): Uint8Array {
  return message(
    repeated(query, (parameter) => bytesField(8, parameterOf(parameter))),
    bytesField(13, extension('x-kubernetes-action', action)),
    bytesField(13, extension('x-kubernetes-group-version-kind', gvk)),
  );
}

/** ParametersItem{ parameter{ non_body_parameter{ query_parameter_sub_schema } } } */
function parameterOf({ name, type }: QueryParameter): Uint8Array {
  const query = message(textField(2, 'query'), textField(4, name), textField(6, type));
  return message(bytesField(1, message(bytesField(2, message(bytesField(3, query))))));
}

function schemaOf(schema: ApiSchema): Uint8Array {
  const additional = schema.additionalProperties;
  const properties = Object.entries(schema.properties ?? {});
  return message(
    textField(1, schema.$ref),
    textField(2, schema.format),
    textField(4, schema.description),
    repeated(schema.required, (name) => textField(19, name)),
    additional === undefined ? undefined : bytesField(21, message(bytesField(1, schemaOf(additional)))),
    schema.type === undefined ? undefined : bytesField(22, message(textField(1, schema.type))),
    schema.items === undefined ? undefined : bytesField(23, message(bytesField(1, schemaOf(schema.items)))),
    properties.length === 0
      ? undefined
      : bytesField(
          25,
          repeated(properties, ([name, property]) => bytesField(1, named(name, schemaOf(property)))),
        ),
    repeated(
      Object.entries(schema).filter(([key]) => key.startsWith('x-')),
      ([key, value]) => bytesField(31, extension(key, value)),
    ),
  );
}

/** NamedAny{ name, value: Any{ yaml } }; JSON is YAML. */
function extension(name: string, value: unknown): Uint8Array {
  return named(name, message(textField(2, JSON.stringify(value))));
}
