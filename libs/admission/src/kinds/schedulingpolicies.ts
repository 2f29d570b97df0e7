import {
  ALLOCATION_SCORES,
  DEFAULT_POLICY_NAME,
  KNOWN_FILTERS,
  KNOWN_SCORES,
  type SchedulingPolicySpec,
  type UtilizationShapePoint,
} from '@shiplog/contracts';
import { dnsSubdomain, qualifiedName, type Problems } from '@shiplog/apimachinery';
import { atMostItems, between, form, required, supported, unique } from '../rows/checks';
import { FieldRules, type Rows } from '../rows/rows';
import { defineKind } from './kind';

/** So many names no policy needs; what is over them is not looked at one by one. */
const MOST_RULES = 64;
/** Each is looked at for each node that a pod might go to. */
const MOST_RESOURCES = 16;
const MOST_POINTS = 32;
const PERCENT = between(0, 100);
const SHAPE = 'spec.parameters.NodeResourcesRequestedToCapacityRatio.shape';

/** Of the resources that a score looks at. */
function resourcesOf(score: (typeof ALLOCATION_SCORES)[number]): Rows {
  const path = `spec.parameters.${score}.resources`;
  return {
    [path]: [atMostItems(MOST_RESOURCES), unique('name')],
    [`${path}[*].name`]: [required(), form(qualifiedName)],
    [`${path}[*].weight`]: between(1, 100),
  };
}

/**
 * A policy of scheduling. Whatever is admitted can be decided by: it names rules that there are, leaves out no filter that
 * something else relies on, and what it says of nodes does not contradict itself.
 */
export const schedulingPolicies = defineKind<'schedulingpolicies.scheduling.shiplog.dev'>({
  resource: 'schedulingpolicies.scheduling.shiplog.dev',
  name: dnsSubdomain,
  generation: 'spec',
  rows: new FieldRules({
    'spec.filters': [atMostItems(MOST_RULES), unique()],
    'spec.filters[*]': [required(), supported(...KNOWN_FILTERS.map(({ name }) => name))],
    'spec.scores': [atMostItems(MOST_RULES), unique('name')],
    'spec.scores[*].name': [required(), supported(...KNOWN_SCORES)],
    'spec.scores[*].weight': PERCENT,
    'spec.percentageOfNodesToScore': PERCENT,
    ...Object.assign({}, ...ALLOCATION_SCORES.map(resourcesOf)),
    [SHAPE]: atMostItems(MOST_POINTS),
    [`${SHAPE}[*].utilization`]: PERCENT,
    [`${SHAPE}[*].score`]: between(0, 10),
  }),
  validate({ metadata, spec = {} }, problems) {
    if (metadata.name === DEFAULT_POLICY_NAME) {
      problems.invalid('metadata.name', metadata.name, 'is reserved for the policy that every cluster has');
    }
    validateFilters(spec, problems);
    validateScores(spec, problems);
    validateShape(spec.parameters?.NodeResourcesRequestedToCapacityRatio?.shape, problems);
  },
});

function validateFilters({ filters }: SchedulingPolicySpec, problems: Problems): void {
  if (filters === undefined) return;
  for (const filter of KNOWN_FILTERS) {
    if (!('neededBecause' in filter) || filters.includes(filter.name)) continue;
    problems.required('spec.filters', `must include ${filter.name}: ${filter.neededBecause}`);
  }
}

/** Scores that are not named at all are those of the cluster's own policy. */
function validateScores({ scores, parameters = {} }: SchedulingPolicySpec, problems: Problems): void {
  if (scores === undefined) {
    for (const rule of Object.keys(parameters)) problems.forbidden(`spec.parameters.${rule}`, IS_OFF);
    return;
  }
  const on = scores.filter(({ weight = 0 }) => weight > 0).map(({ name }) => name);
  const [first, ...others] = ALLOCATION_SCORES.filter((name) => on.includes(name));
  for (const name of others) {
    const at = `spec.scores[${scores.findIndex((score) => score.name === name)}]`;
    problems.forbidden(at, `contradicts ${first}: only one of ${ALLOCATION_SCORES.join(', ')} may have a weight`);
  }
  for (const rule of Object.keys(parameters)) {
    if (!on.includes(rule)) problems.forbidden(`spec.parameters.${rule}`, IS_OFF);
  }
  const ratio = 'NodeResourcesRequestedToCapacityRatio';
  if (on.includes(ratio) && parameters[ratio] === undefined) {
    problems.required(SHAPE, `${ratio} has no shape of its own`);
  }
}

const IS_OFF = 'no score of this name has a weight in spec.scores';

/** As Kubernetes checks the shape of a scoring strategy. */
function validateShape(shape: readonly UtilizationShapePoint[] | undefined, problems: Problems): void {
  if (shape === undefined) return;
  if (shape.length === 0) problems.required(SHAPE, 'at least one point must be specified');
  shape.forEach(({ utilization }, i) => {
    const before = shape[i - 1]?.utilization;
    if (before === undefined || utilization > before) return;
    const rule = 'utilization values must be sorted in increasing order';
    problems.invalid(`${SHAPE}[${i}].utilization`, utilization, rule);
  });
}
