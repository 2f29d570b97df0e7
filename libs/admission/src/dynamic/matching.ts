import type {
  KubeObject,
  LabelSelector,
  MatchResources,
  NamedRuleWithOperations,
  ResourceRow,
  ResourceVersion,
} from '@shiplog/contracts';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import type { ReadonlyCluster } from '../context';
import { isEmptySelector, isSoundSelector } from '../workloads/selected-template';
import type { AdmissionAttributes } from './attributes';
import { ruleMatches } from './rules';

/** Which requests a policy, a binding or a webhook is for. */
export interface MatchCriteria extends MatchResources {
  /** Whether no rules at all mean every request (those of a binding), or none. */
  readonly emptyMeansAll: boolean;
}

const CONFIGURATION_GROUP = 'admissionregistration.k8s.io';

/** What admission is made of is never subject to it: nobody could repair it otherwise. */
export function isExempt({ group }: ResourceRow): boolean {
  return group === CONFIGURATION_GROUP;
}

/**
 * In which version of its resource a request is meant: its own, or with Equivalent another one of the same objects, in which they
 * are then shown. Undefined when it is not meant (Matcher.Matches of policies and webhooks, in one).
 */
export function matchedVersion(
  criteria: MatchCriteria,
  attributes: AdmissionAttributes,
  cluster: Pick<ReadonlyCluster, 'get'>,
): ResourceVersion | undefined {
  const { resourceRules = [], excludeResourceRules = [] } = criteria;
  const version =
    resourceRules.length === 0
      ? criteria.emptyMeansAll
        ? attributes.version
        : undefined
      : versionOfRules(resourceRules, criteria, attributes);
  if (version === undefined) return undefined;
  if (!namespaceMatches(criteria.namespaceSelector, attributes, cluster)) return undefined;
  if (!objectMatches(criteria.objectSelector, attributes)) return undefined;
  return versionOfRules(excludeResourceRules, criteria, attributes) === undefined ? version : undefined;
}

function versionOfRules(
  rules: readonly NamedRuleWithOperations[],
  { matchPolicy }: MatchCriteria,
  attributes: AdmissionAttributes,
): ResourceVersion | undefined {
  if (rules.length === 0) return undefined;
  const { version, row } = attributes;
  const versions =
    matchPolicy === 'Exact'
      ? [version]
      : [version, ...row.versions.filter((other) => other !== version && other.served)];
  return versions.find((candidate) =>
    rules.some((rule) => ruleMatches(rule, attributes, candidate) && nameMatches(rule, attributes)),
  );
}

function nameMatches({ resourceNames = [] }: NamedRuleWithOperations, { name }: AdmissionAttributes): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name);
}

/** What is in no namespace is in all that anybody could choose; a Namespace goes by its own labels, as they are to be. */
function namespaceMatches(
  selector: LabelSelector = {},
  { row, subresource, operation, namespace, name, object }: AdmissionAttributes,
  cluster: Pick<ReadonlyCluster, 'get'>,
): boolean {
  if (isEmptySelector(selector)) return true;
  const isNamespace = row.id === 'namespaces';
  if (!row.namespaced && !isNamespace) return true;
  const isOwn = isNamespace && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE');
  const chosen = isOwn
    ? object
    : (cluster.get('namespaces', '', isNamespace ? name : namespace) as KubeObject | undefined);
  return selects(selector, chosen);
}

/** The object as it is to be, or as it was: whoever takes a label away is still seen by those who look for it. */
function objectMatches(selector: LabelSelector = {}, { object, oldObject }: AdmissionAttributes): boolean {
  return isEmptySelector(selector) || [object, oldObject].some((item) => hasMetadata(item) && selects(selector, item));
}

/** What is asked of a connection has none: nobody can choose it. */
function hasMetadata(object: { readonly metadata?: object } | undefined): object is KubeObject {
  return object?.metadata !== undefined;
}

function selects(selector: LabelSelector, object: KubeObject | undefined): boolean {
  return isSoundSelector(selector) && matchesLabelSelector(selector, object?.metadata.labels);
}
