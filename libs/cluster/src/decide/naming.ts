import type { EventType, MergePatch, ResourceId, StoredObject } from '@shiplog/contracts';
import { withoutUndefined } from './clean';
import { genericType } from './event';
import { NAMING_RULES, type NamingRule } from './naming-rules';

/** What a change is called, and what it says in words of its own. */
export interface ChangeName {
  readonly type: EventType;
  readonly facts?: Readonly<Record<string, unknown>>;
}

const rulesOf = groupByResource();

function groupByResource(): Map<ResourceId, NamingRule[]> {
  const groups = new Map<ResourceId, NamingRule[]>();
  for (const rule of NAMING_RULES) groups.set(rule.resource, [...(groups.get(rule.resource) ?? []), rule]);
  return groups;
}

/** Names a change of an object: by a rule of its own where the change has a meaning, else by the part that changed. */
export function nameOfChange(
  resource: ResourceId,
  before: StoredObject,
  after: StoredObject,
  changes: MergePatch,
): ChangeName {
  if (before.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined) {
    return { type: genericType(resource, 'DeletionRequested'), facts: deletionFacts(after) };
  }
  for (const rule of rulesOf.get(resource) ?? []) {
    const facts = rule.facts(before as never, after as never);
    if (facts !== undefined)
      return { type: rule.type, facts: Object.keys(facts).length > 0 ? withoutUndefined(facts) : undefined };
  }
  return { type: genericType(resource, partChanged(changes)) };
}

function deletionFacts({ metadata }: StoredObject): ChangeName['facts'] {
  return withoutUndefined({ gracePeriodSeconds: metadata.deletionGracePeriodSeconds, finalizers: metadata.finalizers });
}

/** A change of what is wanted (spec, data, subsets …) outweighs one of what was observed, and that one of metadata. */
function partChanged(changes: MergePatch): 'SpecChanged' | 'StatusChanged' | 'MetadataChanged' {
  const parts = Object.keys(changes);
  if (parts.some((part) => part !== 'metadata' && part !== 'status')) return 'SpecChanged';
  return parts.includes('status') ? 'StatusChanged' : 'MetadataChanged';
}
