import type { PolicyRule, UserInfo } from '@shiplog/contracts';
import { ALL, coversPath } from './access';
import type { OwnRules } from './rights';

/** Single rights that a role is taken apart into, at most: a role is small in bytes, and its product of lists is not. */
const SINGLE_RIGHTS = 20_000;

const NONE: readonly never[] = [];

/**
 * What of some rules somebody does not hold, so may not give to others; undefined when all of it is held. A rule is held
 * when each of its single rights is, by one rule or another: Kubernetes' rule covering.
 */
export function notHeld(own: readonly PolicyRule[], given: readonly PolicyRule[]): readonly PolicyRule[] {
  const open = given.filter((rule) => !own.some((held) => covers(held, rule)));
  let budget = SINGLE_RIGHTS;
  return open.flatMap((rule) => {
    budget -= singleRights(rule);
    // As it is: what can't be taken apart can't be shown to be held.
    if (budget < 0) return [rule];
    return compacted([...takenApart(rule)].filter((single) => !own.some((held) => covers(held, single))));
  });
}

/** Why somebody may not give away rights, in Kubernetes' words. */
export function escalationProblem(
  { username = '', groups = [] }: UserInfo,
  { problems }: Pick<OwnRules, 'problems'>,
  missing: readonly PolicyRule[],
): string {
  const rules = [...new Set(missing.map(inGo))].sort().join('\n');
  const errors = problems.length === 0 ? '' : `; resolution errors: [${problems.join(', ')}]`;
  const user = `user ${JSON.stringify(username)} (groups=${listInGo(groups)})`;
  return `${user} is attempting to grant RBAC permissions not currently held:\n${rules}${errors}`;
}

/** Whether a rule allows all that another allows. */
function covers(held: PolicyRule, rule: PolicyRule): boolean {
  const { resourceNames: names = NONE } = held;
  const { resourceNames = NONE } = rule;
  return (
    coversAll(held.verbs, rule.verbs) &&
    coversAll(held.apiGroups ?? NONE, rule.apiGroups ?? NONE) &&
    coversResources(held.resources ?? NONE, rule.resources ?? NONE) &&
    (rule.nonResourceURLs ?? NONE).every((url) => (held.nonResourceURLs ?? NONE).some((of) => coversPath(of, url))) &&
    (names.length === 0 || (resourceNames.length > 0 && hasAll(names, resourceNames)))
  );
}

function coversAll(held: readonly string[], values: readonly string[]): boolean {
  return held.includes(ALL) || hasAll(held, values);
}

function hasAll(held: readonly string[], values: readonly string[]): boolean {
  const set = new Set(held);
  return values.every((value) => set.has(value));
}

function coversResources(held: readonly string[], resources: readonly string[]): boolean {
  const set = new Set(held);
  if (set.has(ALL)) return true;
  return resources.every((resource) => {
    const slash = resource.indexOf('/');
    return set.has(resource) || (slash >= 0 && set.has(`${ALL}${resource.slice(slash)}`));
  });
}

function singleRights({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule) {
  const ofResources = apiGroups.length * resources.length * Math.max(1, resourceNames.length);
  return verbs.length * (ofResources + nonResourceURLs.length);
}

function* takenApart(rule: PolicyRule): Iterable<PolicyRule> {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  for (const verb of verbs) {
    for (const url of nonResourceURLs) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of apiGroups) {
      for (const resource of resources) {
        const single = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (resourceNames.length === 0) yield single;
        for (const name of resourceNames) yield { ...single, resourceNames: [name] };
      }
    }
  }
}

/** Single rights of one thing, put together as one rule with all verbs. */
function compacted(rules: readonly PolicyRule[]): PolicyRule[] {
  const byThing = new Map<string, PolicyRule>();
  for (const { verbs, ...of } of rules) {
    const key = JSON.stringify(of);
    const there = byThing.get(key);
    if (there === undefined) byThing.set(key, { verbs: [...verbs], ...of });
    else there.verbs.push(...verbs);
  }
  return [...byThing.values()];
}

/** As Go writes a rule compactly. */
function inGo({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string {
  const parts = (
    [
      ['APIGroups', apiGroups],
      ['Resources', resources],
      ['NonResourceURLs', nonResourceURLs],
      ['ResourceNames', resourceNames],
      ['Verbs', verbs],
    ] as const
  ).flatMap(([name, values]) => (values.length === 0 ? [] : [`${name}:${listInGo(values)}`]));
  return `{${parts.join(', ')}}`;
}

function listInGo(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
