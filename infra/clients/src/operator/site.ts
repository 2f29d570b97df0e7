import type * as k8s from '@kubernetes/client-node';

export const GROUP = 'web.example.com';
export const PLURAL = 'sites';
/** What must be let go of before a site goes. */
export const FINALIZER = `${GROUP}/record`;

/** What a site is to those who write one. */
export interface Site {
  readonly apiVersion: string;
  readonly kind: 'Site';
  readonly metadata: k8s.V1ObjectMeta;
  readonly spec: { readonly host: string; readonly replicas?: number; readonly most?: number };
  readonly status?: SiteStatus;
}

export interface SiteStatus {
  readonly observedGeneration?: number;
  readonly ready?: number;
  readonly conditions?: readonly k8s.V1Condition[];
}

type Schema = k8s.V1JSONSchemaProps;

const text: Schema = { type: 'string' };
const number: Schema = { type: 'integer', minimum: 0 };
const condition: Schema = {
  type: 'object',
  required: ['type', 'status'],
  properties: { type: text, status: text, reason: text, message: text, lastTransitionTime: { ...text, format: 'date-time' } },
}; // prettier-ignore
const schema: Schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['host'],
      properties: {
        host: {
          ...text,
          maxLength: 253,
          x_kubernetes_validations: [{ rule: 'self == oldSelf', message: 'a site keeps its host' }],
        },
        replicas: { ...number, _default: 1 },
        most: { ...number, _default: 5 },
      },
      x_kubernetes_validations: [
        {
          rule: 'self.replicas <= self.most',
          messageExpression: "'%d replicas are more than %d'.format([self.replicas, self.most])",
          fieldPath: '.replicas',
        },
      ],
    },
    status: {
      type: 'object',
      properties: {
        observedGeneration: number,
        ready: number,
        conditions: {
          type: 'array',
          items: condition,
          x_kubernetes_list_type: 'map',
          x_kubernetes_list_map_keys: ['type'],
        },
      },
    },
  },
};

const subresources = { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.ready' } };
const versionOf = (name: string, storage: boolean): k8s.V1CustomResourceDefinitionVersion => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema },
  subresources,
  additionalPrinterColumns: [{ name: 'Ready', type: 'integer', jsonPath: '.status.ready' }],
});

/** Sites in two versions, of which the newer one is stored. */
export const SITES: k8s.V1CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${PLURAL}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: PLURAL, singular: 'site', kind: 'Site', listKind: 'SiteList' },
    versions: [versionOf('v1alpha1', false), versionOf('v1', true)],
  },
};
