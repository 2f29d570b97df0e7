import type { KubeObject, StoredObject } from '@shiplog/contracts';
import { DEFINITIONS } from '../catalog/custom-resources';
import { stored } from './objects';

export { DEFINITIONS };

/** The resource that `aDefinition` makes. */
export const CRONTABS = 'crontabs.stable.example.com';

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        schedule: { type: 'string', nullable: true },
        suspend: { type: 'boolean', nullable: true },
        replicas: { type: 'integer' },
        jobs: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, ran: { type: 'integer' } } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
  },
}; // prettier-ignore

/** A CustomResourceDefinition of cron tabs, in two versions, as a user writes it. */
export function aDefinition(spec: object = {}): KubeObject {
  const version = { served: true, storage: false, schema: { openAPIV3Schema: SCHEMA } };
  const subresources = {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
  }; // prettier-ignore
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: CRONTABS },
    spec: {
      group: 'stable.example.com',
      names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'] },
      scope: 'Namespaced',
      versions: [
        { ...version, name: 'v1beta1' },
        { ...version, name: 'v1', storage: true, subresources },
      ],
      ...spec,
    },
  };
}

/** The same as a journal stores it: its names are accepted. */
export function anEstablishedDefinition(spec: object = {}): StoredObject {
  const conditions = [{ type: 'Established', status: 'True' }];
  return { ...stored(aDefinition(spec)), status: { conditions, storedVersions: ['v1'] } };
}

/** A cron tab in the namespace default. */
export function aCronTab(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'stable.example.com/v1',
    kind: 'CronTab',
    metadata: { name, namespace: 'default' },
    spec,
  } as KubeObject;
}
