import type { ResourceQuotaSpec } from '@shiplog/contracts';
import type { Facets } from './usage';

/** A scope that objects are in or are not in. */
interface Selector {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function selectorsOf({ scopes = [], scopeSelector }: ResourceQuotaSpec): readonly Selector[] {
  const named = scopes.map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...named, ...(scopeSelector?.matchExpressions ?? [])];
}

/** Whether a quota is about objects like this one: those that have no scopes are in none. */
export function isInScope(spec: ResourceQuotaSpec, facets: Facets): boolean {
  if (spec.scopes === undefined && spec.scopeSelector === undefined) return true;
  return selectorsOf(spec).every((selector) => isSelected(selector, facets));
}

function isSelected(selector: Selector, facets: Facets): boolean {
  switch (facets.of) {
    case 'pods':
      return isPodSelected(selector, facets);
    case 'claims':
      return selector.scopeName === 'VolumeAttributesClass' && hasName(selector, facets.attributesClasses);
    case 'others':
      return false;
  }
}

function isPodSelected(selector: Selector, pod: Extract<Facets, { of: 'pods' }>): boolean {
  switch (selector.scopeName) {
    case 'Terminating':
      return pod.isTerminating;
    case 'NotTerminating':
      return !pod.isTerminating;
    case 'BestEffort':
      return pod.isBestEffort;
    case 'NotBestEffort':
      return !pod.isBestEffort;
    case 'PriorityClass':
      return hasName(selector, pod.priorityClass === '' ? [] : [pod.priorityClass]);
    case 'CrossNamespacePodAffinity':
      return pod.crossesNamespaces;
    default:
      return false;
  }
}

function hasName({ operator, values = [] }: Selector, names: readonly string[]): boolean {
  switch (operator) {
    case 'Exists':
      return names.length > 0;
    case 'DoesNotExist':
      return names.length === 0;
    case 'In':
      return names.some((name) => values.includes(name));
    case 'NotIn':
      return !names.some((name) => values.includes(name));
    default:
      return false;
  }
}
