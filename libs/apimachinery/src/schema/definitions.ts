import { KUBERNETES_API } from '@shiplog/contracts';

/** One type of the API's own metadata (OpenAPI v2, as Kubernetes publishes it), as far as Shiplog reads it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
}

const definitions: Readonly<Record<string, Schema>> = KUBERNETES_API.definitions;
const REF = '#/definitions/';

/** The definition of a name, for example `io.k8s.api.core.v1.Pod`; throws when the metadata has none. */
export function definition(name: string): Schema {
  const schema = definitions[name];
  if (schema === undefined) throw new Error(`the API metadata defines no ${name}`);
  return schema;
}

/** The name that a schema refers to, if it is a reference. */
export function referenceOf(schema: Schema): string | undefined {
  return schema.$ref?.slice(REF.length);
}

/** The schema itself, or what it refers to. */
export function resolved(schema: Schema): Schema {
  const name = referenceOf(schema);
  return name === undefined ? schema : definition(name);
}
