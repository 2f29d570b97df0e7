import type { KubeObject, PersistentVolumeClaim, Pod, ResourceId, Service } from '@shiplog/contracts';
import { podUsage } from './pods';
import { claimUsage } from './claims';
import { serviceUsage } from './services';
import { countOf, type Amount } from './amounts';

/** What of an object the scopes of quotas look at. */
export type Facets =
  | {
      readonly of: 'pods';
      readonly isTerminating: boolean;
      readonly isBestEffort: boolean;
      readonly crossesNamespaces: boolean;
      readonly priorityClass: string;
    }
  | { readonly of: 'claims'; readonly attributesClasses: readonly string[] }
  | { readonly of: 'others' };

/** What an object uses of what quotas limit. */
export interface Usage {
  readonly facets: Facets;
  readonly amounts: ReadonlyMap<string, Amount>;
}

const OTHERS: Facets = { of: 'others' };
const ONE = countOf(1);
/** Of the first API, which quotas know also by their plain names. */
const PLAIN = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas']);
/** Nobody's quota holds back what tells of the cluster. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);
/** Usage of what uses nothing but its own place, by resource. */
const byResource = new Map<string, Usage>();

/** What an object uses, or undefined when no quota counts its like. */
export function usageOf(resource: ResourceId, object: KubeObject): Usage | undefined {
  if (object.metadata.namespace === undefined || IGNORED.has(resource)) return undefined;
  switch (resource) {
    case 'pods':
      return podUsage(object as Pod);
    case 'services':
      return { facets: OTHERS, amounts: serviceUsage(object as Service) };
    case 'persistentvolumeclaims':
      return claimUsage(object as PersistentVolumeClaim);
    default: {
      let usage = byResource.get(resource);
      if (usage === undefined) byResource.set(resource, (usage = { facets: OTHERS, amounts: countsOf(resource) }));
      return usage;
    }
  }
}

function countsOf(id: string): ReadonlyMap<string, Amount> {
  const counts = new Map([[`count/${id}`, ONE]]);
  return PLAIN.has(id) ? counts.set(id, ONE) : counts;
}

/** Whether quotas of a name are kept at all: what they say of others is only what they say. */
export function isCounted(name: string): boolean {
  return (
    name.startsWith('count/') ||
    PLAIN.has(name) ||
    COUNTED.test(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('requests.hugepages-') ||
    name.endsWith('.storageclass.storage.k8s.io/requests.storage') ||
    name.endsWith('.storageclass.storage.k8s.io/persistentvolumeclaims') ||
    (name.startsWith('requests.') && name.includes('/') && !name.includes('kubernetes.io/'))
  );
}

const COUNTED =
  /^(?:pods|(?:(?:requests|limits)\.)?(?:cpu|memory|ephemeral-storage)|services(?:\.nodeports|\.loadbalancers)?|persistentvolumeclaims|requests\.storage)$/;
