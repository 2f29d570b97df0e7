import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '@shiplog/contracts';
import { dnsSubdomain, GoSyntax, type Problems, sameJson } from '@shiplog/apimachinery';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS } from '../flow-rules/mandatory';
import { validateFlowRule } from '../flow-rules/rules';
import { between, by, required, unique } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const DEFAULT_PRECEDENCE = 1000;
const LOWEST_PRECEDENCE = 10_000;
const DISTINGUISHERS = ['ByNamespace', 'ByUser'];
const DEFAULT_SHARES = 30;
const DEFAULT_QUEUING = { handSize: 8, queues: 64, queueLengthLimit: 50 };
const MOST_QUEUES = 10_000_000;
/** Of the hash by which a flow's hand of queues is dealt. */
const HASH_BITS = 60;

/** Of both kinds: users write no metadata with a status, and each condition stands there once. */
const STATUS = {
  keeps: ['labels', 'annotations', 'ownerReferences', 'finalizers'],
  rows: new FieldRules({
    'status.conditions': unique('type'),
    'status.conditions[*].type': required('must not be empty'),
  }),
} as const;

/** What the objects that every server has must say. */
function validateMandatory(given: object, fixed: object | undefined, rule: string, problems: Problems): void {
  if (fixed !== undefined && !sameJson(given, fixed)) problems.invalid('spec', given, rule);
}

export const flowSchemas = defineKind<'flowschemas.flowcontrol.apiserver.k8s.io'>({
  resource: 'flowschemas.flowcontrol.apiserver.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    const spec = (draft.spec ??= { priorityLevelConfiguration: { name: '' } });
    if ((spec.matchingPrecedence ?? 0) === 0) spec.matchingPrecedence = DEFAULT_PRECEDENCE;
  },
  prepareCreate(draft) {
    draft.status = {};
  },
  rows: new FieldRules({
    'spec.matchingPrecedence': by((value: number, at, problems) => {
      if (value <= 0) problems.invalid(at, value, 'must be a positive value');
      if (value > LOWEST_PRECEDENCE) problems.invalid(at, value, `must not be greater than ${LOWEST_PRECEDENCE}`);
    }),
    'spec.distinguisherMethod.type': by((value: string, at, problems) => {
      if (DISTINGUISHERS.includes(value)) return;
      const shown = new GoSyntax(`flowcontrol.FlowDistinguisherMethod{Type:${JSON.stringify(value)}}`);
      problems.notSupported(at, shown, DISTINGUISHERS);
    }),
    'spec.priorityLevelConfiguration.name': [
      required('must reference a priority level'),
      by((value: string, at, problems) => problems.breaches(at, value, dnsSubdomain)),
    ],
    'spec.rules[*]': by(validateFlowRule),
  }),
  validate({ metadata, spec }, problems) {
    const { name = '' } = metadata;
    if (spec?.matchingPrecedence === 1 && name !== 'exempt') {
      const rule = "only the schema named 'exempt' may have matchingPrecedence 1";
      problems.invalid('spec.matchingPrecedence', 1, rule);
    }
    validateMandatory(
      spec ?? {},
      MANDATORY_SCHEMAS.get(name),
      `spec of '${name}' must equal the fixed value`,
      problems,
    );
  },
  status: STATUS,
});

/** Kubernetes' ValidatePriorityLevelConfigurationSpec. */
function validateLevel(spec: PriorityLevelConfigurationSpec, name: string, problems: Problems): void {
  const { type, limited, exempt } = spec;
  if ((name === 'exempt') !== (type === 'Exempt')) {
    problems.invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'");
  }
  switch (type) {
    case 'Exempt':
      if (limited !== undefined) problems.forbidden('spec.limited', 'must be nil if the type is not Limited');
      return;
    case 'Limited':
      if (exempt !== undefined) problems.forbidden('spec.exempt', 'must be nil if the type is Limited');
      if (limited === undefined) problems.required('spec.limited', 'must not be empty when type is Limited');
      else validateResponse(limited.limitResponse ?? { type: '' }, 'spec.limited.limitResponse', problems);
      return;
    default:
      problems.notSupported('spec.type', type, ['Exempt', 'Limited']);
  }
}

function validateResponse({ type, queuing }: LimitResponse, at: string, problems: Problems): void {
  switch (type) {
    case 'Reject':
      if (queuing === undefined) return;
      problems.forbidden(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited');
      return;
    case 'Queue':
      if (queuing !== undefined) validateQueuing(queuing, `${at}.queuing`, problems);
      else problems.required(`${at}.queuing`, 'must not be empty if limited.limitResponse.type is Limited');
      return;
    default:
      problems.notSupported(`${at}.type`, type, ['Queue', 'Reject']);
  }
}

/** A flow's hand of queues must be dealt from them by one hash. */
function validateQueuing(queuing: QueuingConfiguration, at: string, problems: Problems): void {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  if (queueLengthLimit <= 0) problems.invalid(`${at}.queueLengthLimit`, queueLengthLimit, 'must be positive');
  if (queues <= 0) problems.invalid(`${at}.queues`, queues, 'must be positive');
  else if (queues > MOST_QUEUES) problems.invalid(`${at}.queues`, queues, `must not be greater than ${MOST_QUEUES}`);
  const wrong = handProblem(queues, handSize);
  if (wrong !== undefined) problems.invalid(`${at}.handSize`, handSize, wrong);
}

function handProblem(queues: number, handSize: number): string | undefined {
  if (handSize <= 0) return 'must be positive';
  if (handSize > queues) return `should not be greater than queues (${queues})`;
  if (Math.ceil(Math.log2(queues) * handSize) <= HASH_BITS) return undefined;
  return `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HASH_BITS}`;
}

function defaultLimited(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (queuing === undefined) return;
  // None is as good as nothing said: the fields are plain numbers in Go.
  for (const field of ['handSize', 'queues', 'queueLengthLimit'] as const) {
    if ((queuing[field] ?? 0) === 0) queuing[field] = DEFAULT_QUEUING[field];
  }
}

const shares = by((value: number, at, problems) => {
  if (value < 0) problems.invalid(at, value, 'must be a non-negative integer');
});

export const priorityLevelConfigurations = defineKind<'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io'>({
  resource: 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    const { exempt, limited } = (draft.spec ??= { type: '' });
    if (exempt !== undefined) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    if (limited !== undefined) defaultLimited(limited);
  },
  prepareCreate(draft) {
    draft.status = {};
  },
  rows: new FieldRules({
    'spec.exempt.nominalConcurrencyShares': shares,
    'spec.exempt.lendablePercent': between(0, 100),
    'spec.limited.nominalConcurrencyShares': shares,
    'spec.limited.lendablePercent': between(0, 100),
    'spec.limited.borrowingLimitPercent': by((value: number, at, problems) => {
      if (value < 0) problems.invalid(at, value, 'if specified, must be a non-negative integer');
    }),
  }),
  validate({ metadata, spec = { type: '' } }, problems) {
    const { name = '' } = metadata;
    validateLevel(spec, name, problems);
    // How much of the server requests may take that are not limited is for its owner to say.
    const { exempt: _shares, ...others } = spec;
    const isExempt = name === 'exempt';
    const except = isExempt ? " except the 'spec.exempt' field" : '';
    const rule = `spec of '${name}'${except} must equal the fixed value`;
    validateMandatory(isExempt ? others : spec, MANDATORY_LEVELS.get(name), rule, problems);
  },
  status: STATUS,
});
