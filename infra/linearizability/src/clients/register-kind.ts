/** A resource whose objects are registers: each holds a token. */
export interface RegisterKind {
  readonly resource: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Path of the run's objects in the Kubernetes API. */
  readonly collection: string;
}

/** Of the run's objects. */
export const NAMESPACE = 'linearizability';
/** Of the resources that a run makes. */
export const GROUP = 'linearizability.example.com';

const CONFIG_MAPS: RegisterKind = {
  resource: 'configmaps',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  collection: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
};

const REGISTERS: RegisterKind = {
  resource: `registers.${GROUP}`,
  apiVersion: `${GROUP}/v1`,
  kind: 'Register',
  collection: `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/registers`,
};

/** What a run's registers are: in every other run of a resource that is defined when it begins. */
export function registerKindOf(seed: number): RegisterKind {
  return seed % 2 === 0 ? REGISTERS : CONFIG_MAPS;
}

/** A CustomResourceDefinition whose objects hold a token, as ConfigMaps can. */
export function definitionOf(plural: string, kind: string) {
  const data = { type: 'object', additionalProperties: { type: 'string' } };
  const schema = { openAPIV3Schema: { type: 'object', properties: { data } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { plural, kind },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}
