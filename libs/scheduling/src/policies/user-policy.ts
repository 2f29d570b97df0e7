import { hash } from 'node:crypto';
import type { ObjectOf, SchedulingPolicySpec } from '@shiplog/contracts';
import { isJsonObject } from '@shiplog/apimachinery';
import type { Policy } from '../policy';
import type { Filter } from '../rule';
import { FILTERS_IN_ORDER, scoreNamed } from './known-rules';

/** A SchedulingPolicy as it is stored. */
export type StoredPolicy = ObjectOf<'schedulingpolicies.scheduling.shiplog.dev'>;

/** The rule that keeps pods waiting whose policy cannot decide. */
export const POLICY_RULE = 'SchedulingPolicy';

/** The version of a policy that is not there. */
const NO_VERSION = 0;

/**
 * The policy that an object is in its present version.
 *
 * @param base whose rules are those that it leaves out
 */
export function userPolicy({ metadata, spec = {} }: StoredPolicy, base: Policy): Policy {
  const { name } = metadata;
  const version = {
    id: `${name}/${metadata.generation ?? 1}`,
    origin: { base: base.id, hash: hash('sha256', sortedJson(spec)) },
  };
  const unknown = unknownRules(spec);
  if (unknown.length > 0) {
    const reason = `scheduling policy "${name}" names rules that are not known here: ${unknown.join(', ')}`;
    return { ...version, filters: [refusing(reason)], scores: [] };
  }
  const { percentageOfNodesToScore } = spec;
  const rules = { filters: filtersOf(spec, base), scores: scoresOf(spec, base) };
  return { ...version, ...rules, preemption: base.preemption, percentageOfNodesToScore };
}

/** The order of fields is no part of what a policy says, and depends on how it came to be what it is. */
function sortedJson(content: object): string {
  return JSON.stringify(content, (_, value: unknown) =>
    isJsonObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

/** Stands for a policy that is not there: its pods wait, and are told why. */
export function missingPolicy(name: string, reason = `scheduling policy "${name}" not found`): Policy {
  return { id: `${name}/${NO_VERSION}`, filters: [refusing(reason)], scores: [] };
}

/** Whether a decision was made for want of a policy. */
export function isOfMissingPolicy(id: string): boolean {
  return id.endsWith(`/${NO_VERSION}`);
}

function refusing(reason: string): Filter {
  return { kind: 'filter', name: POLICY_RULE, queueingHints: ['PolicyChanged'], refuse: () => reason, check };
}

/** Never asked: no node will do. */
function check(): undefined {
  return undefined;
}

/** Of an object that a later version of Shiplog admitted. */
function unknownRules({ filters = [], scores = [], parameters = {} }: SchedulingPolicySpec): string[] {
  const known = new Set(FILTERS_IN_ORDER.map(({ name }) => name));
  return [
    ...filters.filter((name) => !known.has(name)),
    ...scores.map(({ name }) => name).filter((name) => scoreNamed(name, parameters) === undefined),
  ];
}

function filtersOf({ filters }: SchedulingPolicySpec, base: Policy): readonly Filter[] {
  if (filters === undefined) return base.filters;
  return FILTERS_IN_ORDER.filter(({ name }) => filters.includes(name));
}

function scoresOf({ scores, parameters = {} }: SchedulingPolicySpec, base: Policy): Policy['scores'] {
  if (scores === undefined) return base.scores;
  return scores.flatMap(({ name, weight = 0 }) => {
    const rule = weight > 0 ? scoreNamed(name, parameters) : undefined;
    return rule === undefined ? [] : [{ rule, weight }];
  });
}
